"""How long a connection may say nothing, and how long the server takes to stop.

uvicorn waits for a half-sent request for ever, and at the end for every client. Streamlit
passes it no setting for either; the server is found by the handler of SIGTERM, which it
has set when the application starts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn

log = logging.getLogger(__name__)

HEADER_SECONDS = 15.0  # for all headers of a request
WAITING = 400  # connections without a whole request
LOOK_SECONDS = 1.0  # between two looks at the connections
STOP_SECONDS = 6  # for requests that go on when the server stops
MESSAGE_BYTES = 2**24  # of what a browser sends over a WebSocket, signed in or not
EXIT_SECONDS = 9.0  # after which the process ends whatever still runs


@asynccontextmanager
async def lifetime(_app: Any) -> AsyncIterator[None]:
    """Watch the server while the application runs."""
    server = _server()
    if server is None:  # another server; it has settings of its own
        yield
        return
    server.config.timeout_graceful_shutdown = STOP_SECONDS
    # Streamlit takes messages as large as those that it sends; pages send small ones.
    server.config.ws_max_size = MESSAGE_BYTES
    watch = asyncio.create_task(_watch(server))
    try:
        yield
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


def _server() -> uvicorn.Server | None:
    """Return the uvicorn server of this process."""
    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return owner if isinstance(owner, uvicorn.Server) else None


async def _watch(server: uvicorn.Server) -> None:
    since: dict[tuple[Any, Any], float] = {}
    while True:
        if server.should_exit:
            _end_soon()
            return
        close_waiting(server.server_state.connections, since)
        await asyncio.sleep(LOOK_SECONDS)


def close_waiting(connections: set[Any], since: dict[tuple[Any, Any], float]) -> None:
    """Close connections that have waited too long for a request, or are too many.

    Parameters
    ----------
    connections : set of uvicorn's protocols
    since : dict
        When each was first seen to wait after its last request, in seconds of the
        monotonic clock; changed in place.
    """
    now = time.monotonic()
    waiting = {(c, c.cycle) for c in connections if _waits(c)}
    for gone in since.keys() - waiting:
        del since[gone]
    for place in waiting:
        since.setdefault(place, now)
    oldest = sorted(since, key=since.__getitem__)
    for number, place in enumerate(oldest):
        if now - since[place] > HEADER_SECONDS or number < len(oldest) - WAITING:
            place[0].transport.close()


def _waits(connection: Any) -> bool:
    """Whether an HTTP connection has no request that is being answered."""
    if not hasattr(connection, "cycle"):  # a WebSocket
        return False
    cycle, transport = connection.cycle, connection.transport
    if transport is None or transport.is_closing() or transport.get_protocol() is not connection:
        return False
    return cycle is None or bool(cycle.response_complete)


def _end_soon() -> None:
    """End the process even if a thread goes on: work on disk is safe at any moment."""

    def end() -> None:
        time.sleep(EXIT_SECONDS)
        log.warning("ending with work that did not stop")
        sys.stderr.flush()
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
