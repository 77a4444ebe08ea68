"""HTTP/JSON next to the pages, created at the first request."""

from __future__ import annotations

import asyncio
import json
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.settings import settings


@lru_cache(maxsize=1)
def _service() -> ASGIApp:
    # Imported here: the first page must not wait for what it does not need.
    from app.data.session import workspace
    from backend.api import create

    return create(workspace())


async def service(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request."""
    if settings().sign_in and settings().api_key is None:
        await _refuse(send)  # or anybody could read here what the pages show after a sign-in
        return
    # Only the first request waits for a thread: later ones must be refused at once, too.
    handle = _service() if _service.cache_info().currsize else await asyncio.to_thread(_service)
    await handle(scope, receive, send)


async def _refuse(send: Send) -> None:
    message = (
        "This site requires a sign-in. Its administrator must set KINDRED_API_KEY "
        "to allow requests."
    )
    body = json.dumps({"error": {"code": "no_key", "message": message}}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})
