"""Middleware: the check of the key, the metrics."""

from __future__ import annotations

import hmac
import time

from prometheus_client import CollectorRegistry, Counter, Histogram

from backend.api.errors import send_error
from backend.api.protocol import Asgi, Message, Receive, Scope, Send
from backend.core.urls import path_in_app
from backend.domain import KindredError

NO_KEY_NEEDED = ("/health", "/openapi.json", "/docs")


class KeyCheck:
    """Require the key of the settings, if there is one."""

    def __init__(self, app: Asgi, key: str | None) -> None:
        self.app = app
        self.key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self.key and path_in_app(scope) not in NO_KEY_NEEDED:
            header = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(header, f"Bearer {self.key}".encode()):
                message = "Send the header Authorization: Bearer KEY with the key of this service."
                await send_error(send, 401, KindredError("no_key", message))
                return
        await self.app(scope, receive, send)


class RequestMetrics:
    """Count and time requests by route, for Prometheus."""

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

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            # The route's pattern, not the path: paths hold ids, and their number has no limit.
            route = getattr(scope.get("route"), "path", "other")
            self.requests.labels(route, str(status)).inc()
            self.seconds.labels(route).observe(time.perf_counter() - start)
