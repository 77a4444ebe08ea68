"""Bodies of requests: bounded in size, time and number before anything is parsed.

JSON is dear to parse: 86 MiB of empty lists hold an event loop for 20 s and take
gigabytes. What no valid request can contain is refused by counting bytes; the rest is
parsed in a thread.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from anyio.to_thread import run_sync
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from backend.api.errors import send_error
from backend.api.protocol import Asgi, Message, Receive, Scope, Send
from backend.core.visitors import visitor_of
from backend.domain import KindredError
from backend.settings import settings

ALL_BODIES = 256 * 2**20  # bytes, of all requests at once
IDLE_SECONDS = 10.0  # without a byte of the body
BODY_SECONDS = 120.0
AT_ONCE = 24  # requests with a body; each may hold a thread, and others need some, too
OF_ONE_VISITOR = 8
MAX_STRUCTURAL_CHARS = (
    20_000  # brackets and commas of a request outside its texts; 64 posts have 500
)
GONE = "kindred.gone"  # in the scope: an event that is set when the client has gone
RETRY_AFTER = 3  # seconds


class BodyLimit:
    """Read the body of a request within limits of size, time and number.

    Parameters
    ----------
    app : ASGI application
    limit : int
        Bytes of one body.
    """

    def __init__(self, app: Asgi, limit: int) -> None:
        self.app = app
        self.limit = limit
        self._held = 0  # bytes
        self._visitors: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self.app(scope, receive, send)
            return
        body = bytearray()
        try:
            with self._slot(visitor_of(scope)), self._room(body) as room:
                if not await self._read(scope, receive, room):
                    return  # the client has gone
                await self._answer(scope, body, receive, send)
        except _Refused as refused:
            # What still arrives of the body is dropped: closing the connection while the
            # client sends would lose the answer.
            close = refused.status == 408
            await send_error(send, refused.status, refused.error, close=close)

    async def _answer(self, scope: Scope, body: bytearray, receive: Receive, send: Send) -> None:
        """Serve a request that was read, and tell it when its client goes."""
        gone = scope[GONE] = threading.Event()
        left = asyncio.Event()

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()
            left.set()

        watching = asyncio.create_task(watch())
        try:
            await self.app(scope, _replay(body, left), send)
        finally:
            watching.cancel()

    @contextmanager
    def _slot(self, visitor: str) -> Iterator[None]:
        """Take one of the places for requests with a body."""
        if self._visitors.total() >= AT_ONCE or self._visitors[visitor] >= OF_ONE_VISITOR:
            message = "Too many requests at once; wait for an answer first."
            raise _Refused(429, KindredError("busy", message, retry_after=RETRY_AFTER))
        self._visitors[visitor] += 1
        try:
            yield
        finally:
            self._visitors[visitor] -= 1
            self._visitors += Counter()  # drops those at zero

    @contextmanager
    def _room(self, body: bytearray) -> Iterator[Callable[[bytes], None]]:
        """Give a function that adds to a body as long as there is room for it."""
        held = 0

        def add(chunk: bytes) -> None:
            nonlocal held
            if len(body) + len(chunk) > self.limit:
                raise self._too_large()
            if self._held + len(chunk) > ALL_BODIES:
                message = "The service is reading too many large requests; try again."
                raise _Refused(429, KindredError("busy", message, retry_after=RETRY_AFTER))
            body.extend(chunk)
            held += len(chunk)
            self._held += len(chunk)

        try:
            yield add
        finally:
            self._held -= held

    async def _read(self, scope: Scope, receive: Receive, add: Callable[[bytes], None]) -> bool:
        """Read the body; return False if the client goes meanwhile."""
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > self.limit):
            raise self._too_large()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    async with asyncio.timeout(IDLE_SECONDS):
                        message = await receive()
                    if message["type"] == "http.disconnect":
                        return False
                    add(message.get("body", b""))
                    if not message.get("more_body"):
                        return True
        except TimeoutError:
            message_ = "The body of the request arrived too slowly; send it again."
            raise _Refused(408, KindredError("too_slow", message_)) from None

    def _too_large(self) -> _Refused:
        message = f"A request may have at most {self.limit / 2**20:.0f} MiB."
        return _Refused(413, KindredError("too_large", message))


class _Refused(Exception):
    """A request that is answered before it is read."""

    def __init__(self, status: int, error: KindredError) -> None:
        super().__init__(error.message)
        self.status, self.error = status, error


def _replay(body: bytearray, left: asyncio.Event) -> Receive:
    """Receive a body that has been read, which empties it, and then that the client has left."""
    whole = True

    async def replay() -> Message:
        nonlocal whole
        if whole:
            whole, data = False, bytes(body)
            body.clear()  # large: no copy of it outlives the parsing
            return {"type": "http.request", "body": data, "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    return replay


class JsonRoute(APIRoute):
    """A route that parses the JSON of its requests in a thread."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that answers a request."""
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            kind = request.headers.get("content-type", "")
            if kind.startswith("multipart/form-data"):
                return await answer(request)
            parsed = _JsonRequest(request.scope, request.receive)
            if await parsed.body():
                parsed.parsed = await run_sync(_parsed, parsed._body)
                parsed._body = b" "  # that there was one is all that anybody asks for now
            return await answer(parsed)

        return handler


class _JsonRequest(Request):
    parsed: Any = None

    async def json(self) -> Any:
        return self.parsed


def _parsed(body: bytes) -> Any:
    """Parse a body, unless it holds more brackets and commas than a valid one can."""
    structural = sum(body.count(sign) for sign in (b"[", b"{", b","))
    if structural > MAX_STRUCTURAL_CHARS + settings().limits.request_characters:
        raise RequestValidationError([{"loc": ("body",), "msg": "too many values"}])
    try:
        return json.loads(body)
    except RecursionError:
        message = "nested too deeply"
    except ValueError as error:  # also bytes that are no text, and numbers that have no end
        message = f"not valid JSON: {error}"
    raise RequestValidationError([{"loc": ("body",), "msg": message}])
