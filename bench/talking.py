"""A visitor who says to the server what a browser says, and draws nothing.

Twenty browsers that draw on the machine that serves them measure the browsers. This
speaks the same WebSocket protocol, with Streamlit's own messages, and fetches the
pictures that the answer names, so that the server has the same work.
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


class Failed(Exception):
    """The server said that something went wrong."""


class Talk:
    """One session.

    Parameters
    ----------
    url : str
        Of the server.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Talk:
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
        """Leave."""
        await self._socket.close()
        await self._files.aclose()

    async def open(self, page: str, **params: str) -> float:
        """Open a page with an address.

        Parameters
        ----------
        page : str
            Its name in the address, empty for the first one.
        **params : str
            Of the address.

        Returns
        -------
        float
            Seconds until the script has finished and its pictures are here.

        Raises
        ------
        Failed
            When the script ended with an error.
        """
        begin = time.perf_counter()
        told = BackMsg()
        told.rerun_script.page_name = page
        told.rerun_script.query_string = urlencode(params)
        await self._socket.send(told.SerializeToString())
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
                    raise Failed(message.delta.new_element.exception.message[:200])
            elif kind == "script_finished" and started:
                break
        for answer in await asyncio.gather(*(self._files.get(p.decode()) for p in pictures)):
            answer.raise_for_status()
        return time.perf_counter() - begin
