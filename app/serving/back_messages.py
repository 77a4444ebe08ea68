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

log = logging.getLogger(__name__)

ALLOWED = ("rerun_script", "stop_script", "app_heartbeat", "file_urls_request")
# Of one browser, beyond a burst: each message runs a page again. Nothing is lost, it waits.
A_SECOND, BURST = 10.0, 60
OPERATIONS = ("deferred_file", "dataframe_chunk")  # of those that ask the server to do something


class BackMessages:
    """Drop messages that pages do not need.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        pace = Pace()

        async def receiver() -> Message:
            while True:
                message = await receive()
                await pace.wait()
                if message["type"] != "websocket.receive" or _allowed(message.get("bytes")):
                    return message
                log.warning("refused a message from a browser")

        await self.app(scope, receiver, send)


class Pace:
    """Lets a burst pass at once, and what follows it `A_SECOND`."""

    def __init__(self) -> None:
        self._due = 0.0

    async def wait(self) -> None:
        """Wait until the next one may pass."""
        now = time.monotonic()
        self._due = max(self._due, now - BURST / A_SECOND) + 1 / A_SECOND
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
