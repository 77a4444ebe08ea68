"""Which messages of a browser reach Streamlit, and how soon.

Among others, Streamlit knows one that empties the caches of all visitors, and one that
writes files next to the app; any client may send them, whatever the menu shows.
"""

from __future__ import annotations

import asyncio
import logging
import time

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from backend.core.lru import LRU
from backend.core.visitors import visitor_of

log = logging.getLogger(__name__)

ALLOWED = ("rerun_script", "stop_script", "app_heartbeat", "file_urls_request")
# Each message runs a page again. Beyond a burst those of one browser, and those of one address,
# which an office may share, wait for their turn; nothing is lost.
OF_BROWSER, OF_ADDRESS = (10.0, 60), (20.0, 120)  # a second, burst
ADDRESSES = 10_000  # remembered
OPERATIONS = ("deferred_file", "dataframe_chunk")  # of those that ask the server to do something


class BackMessages:
    """Drop messages that pages do not need.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._addresses: LRU[str, Pace] = LRU(ADDRESSES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        own = Pace(*OF_BROWSER)
        address = self._addresses.get_or_make(visitor_of(scope), lambda: Pace(*OF_ADDRESS))

        async def receiver() -> Message:
            while True:
                message = await receive()
                await own.wait()
                await address.wait()
                if message["type"] != "websocket.receive" or _allowed(message.get("bytes")):
                    return message
                log.warning("refused a message from a browser")

        await self.app(scope, receiver, send)


class Pace:
    """Lets a burst pass at once, and what follows it at a steady rate.

    Parameters
    ----------
    rate : float
        Messages a second.
    burst : int
        Messages.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._due = 0.0

    async def wait(self) -> None:
        """Wait until the next one may pass."""
        now = time.monotonic()
        self._due = max(self._due, now - self._burst / self._rate) + 1 / self._rate
        if self._due > now:
            await asyncio.sleep(self._due - now)


def _allowed(data: bytes | None) -> bool:
    """Whether a message may pass; Streamlit refuses what is no message at all."""
    if data is None:
        return True
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return True
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return kind in ALLOWED
