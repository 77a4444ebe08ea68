"""A visitor of the pages without a browser, who uploads files."""

from __future__ import annotations

import httpx2
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

LARGEST = 64 * 2**20


class PageVisitor:
    """One session.

    Parameters
    ----------
    url : str
        Of the server.
    source : str
        The address that the visitor comes from.
    """

    def __init__(self, url: str, source: str = "127.0.0.1") -> None:
        self._url = url
        self._source = source
        self.uploader = ""
        self.session = ""

    async def __aenter__(self) -> PageVisitor:
        """Connect."""
        self._socket = await connect(
            f"{self._url.replace('http', 'ws')}/_stcore/stream",
            subprotocols=["streamlit"],
            origin=self._url,
            max_size=LARGEST,
            open_timeout=60,
            local_addr=(self._source, 0),
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        """Disconnect."""
        await self._socket.close()

    async def run(self, message: BackMsg) -> list[str]:
        """Run the script; return the texts of its alerts."""
        await self._socket.send(message.SerializeToString())
        alerts, started = [], False
        while True:
            answer = ForwardMsg.FromString(await self._socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                started, self.session = True, answer.new_session.initialize.session_id
            elif kind == "delta":
                element = answer.delta.new_element
                which = element.WhichOneof("type")
                if which == "file_uploader":
                    self.uploader = element.file_uploader.id
                elif which == "alert":
                    alerts.append(element.alert.body)
                elif which == "exception":
                    alerts.append(element.exception.message)
            elif kind == "script_finished" and started:
                return alerts

    async def open(self, page: str, query: str = "") -> list[str]:
        """Open a page."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        return await self.run(message)

    async def upload(
        self, page: str, name: str, data: bytes, beside: dict[str, bytes] | None = None
    ) -> list[str]:
        """Upload a file, and others beside it, to the uploader that was seen last."""
        files = {name: data, **(beside or {})}
        ask = BackMsg()
        ask.file_urls_request.request_id = "1"
        ask.file_urls_request.file_names.extend(files)
        ask.file_urls_request.session_id = self.session
        await self._socket.send(ask.SerializeToString())
        urls: list[FileURLs] = []
        while not urls:
            answer = ForwardMsg.FromString(await self._socket.recv())
            if answer.WhichOneof("type") == "file_urls_response":
                urls = list(answer.file_urls_response.file_urls)
        way = httpx2.AsyncHTTPTransport(local_address=self._source)
        async with httpx2.AsyncClient(base_url=self._url, timeout=120, transport=way) as client:
            await client.get("/_stcore/health")  # sets the cookie
            token = {"X-Xsrftoken": client.cookies["_streamlit_xsrf"]}
            for each, (file, content) in zip(urls, files.items(), strict=True):
                sent = await client.put(
                    each.upload_url, files={"file": (file, content)}, headers=token
                )
                if sent.status_code >= 300:
                    return [f"{sent.status_code} {sent.text[:100]}"]
        infos = [
            UploadedFileInfo(name=file, size=len(content), file_id=each.file_id, file_urls=each)
            for each, (file, content) in zip(urls, files.items(), strict=True)
        ]
        message = BackMsg()
        message.rerun_script.page_name = page
        state = message.rerun_script.widget_states.widgets.add()
        state.id = self.uploader
        state.file_uploader_state_value.CopyFrom(FileUploaderState(uploaded_file_info=infos))
        return await self.run(message)
