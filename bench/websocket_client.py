"""A visitor without a browser: it sends what a browser sends, and draws nothing.

Twenty browsers on the machine of the server would measure the browsers. This client
speaks Streamlit's WebSocket protocol with Streamlit's own messages, and fetches the
pictures that the answers name, so the server does the same work.
"""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import urlencode

import httpx2
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

PICTURE = re.compile(rb"/media/[0-9a-f]{16,}\.[a-z0-9]+")
LARGEST = 64 * 2**20  # of one message


class PageFailed(Exception):
    """The page ended with an error."""


class Session:
    """One visitor's session.

    Parameters
    ----------
    url : str
        Of the server.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Session:
        """Connect."""
        self._files = httpx2.AsyncClient(base_url=self._url, timeout=90)
        self._socket = await connect(
            f"{self._url.replace('http', 'ws')}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self._url,  # type: ignore[arg-type]
            max_size=LARGEST,
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        """Disconnect."""
        await self._socket.close()
        await self._files.aclose()

    async def open(self, page: str, **params: str) -> float:
        """Open a page.

        Parameters
        ----------
        page : str
            Its name in the URL; empty for the first page.
        **params : str
            Query parameters of the URL.

        Returns
        -------
        float
            Seconds until the script has finished and its pictures have arrived.

        Raises
        ------
        Failed
            When the script ends with an error.
        """
        begin = time.perf_counter()
        message_out = BackMsg()
        message_out.rerun_script.page_name = page
        message_out.rerun_script.query_string = urlencode(params)
        await self._socket.send(message_out.SerializeToString())
        pictures: set[bytes] = set()
        started = False
        while True:
            data = await self._socket.recv()
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                started = True
            elif kind == "delta":
                pictures |= set(PICTURE.findall(data))
                if message.delta.new_element.HasField("exception"):
                    raise PageFailed(message.delta.new_element.exception.message[:200])
            elif kind == "script_finished" and started:
                break
        for answer in await asyncio.gather(*(self._files.get(p.decode()) for p in pictures)):
            answer.raise_for_status()
        return time.perf_counter() - begin
