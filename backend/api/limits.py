"""What stands before the routes: the size of a body, the key, the counters."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/health", "/openapi.json")  # need no key


async def refuse(send: Send, status: int, code: str, message: str) -> None:
    """Answer with a refusal in the form of all others."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class BodyLimit:
    """Refuse a body that is too large, whether or not its length was announced.

    Parameters
    ----------
    app : ASGI application
    limit : int
        Bytes.
    """

    def __init__(self, app: Asgi, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # Held before it is parsed: a refusal in the middle would be too late to answer.
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self.limit:
                mib = self.limit / 2**20
                await refuse(send, 413, "too_large", f"A request has at most {mib:.0f} MiB.")
                return
            if not message.get("more_body"):
                break
        body = b"".join(chunks)
        told = False

        async def again() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)


class Key:
    """Ask for the key of the settings, where there is one.

    Parameters
    ----------
    app : ASGI application
    key : str or None
    """

    def __init__(self, app: Asgi, key: str | None) -> None:
        self.app = app
        self.key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self.key and not _path(scope).startswith(OPEN):
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, f"Bearer {self.key}".encode()):
                message = "Send the header Authorization: Bearer KEY with this service's key."
                await refuse(send, 401, "no_key", message)
                return
        await self.app(scope, receive, send)


class Counted:
    """Count and time requests by route, for Prometheus.

    Parameters
    ----------
    app : ASGI application
    registry : prometheus_client.CollectorRegistry
    """

    def __init__(self, app: Asgi, registry: CollectorRegistry) -> None:
        self.app = app
        self.requests = Counter(
            "kindred_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "kindred_request_seconds", "Time to answer.", ["route"], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            # The route's pattern, never the path: paths hold ids and would be without end.
            route = getattr(scope.get("route"), "path", "other")
            self.requests.labels(route, str(status)).inc()
            self.seconds.labels(route).observe(time.perf_counter() - start)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
