"""HTTP/JSON beside the pages, created at the first request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

from backend.settings import settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


@lru_cache(maxsize=1)
def _service() -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    # Imported here: the first page must not wait for what it does not need.
    from app.data.session import workspace
    from backend.api import create

    return create(workspace())


async def service(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request."""
    if settings().sign_in and settings().api_key is None:
        await _closed(send)  # or anybody could get here what the pages show only to some
        return
    handle = await asyncio.to_thread(_service)
    await handle(scope, receive, send)


async def _closed(send: Send) -> None:
    message = (
        "This site requires a sign-in. Its administrator must set KINDRED_API_KEY "
        "to allow requests."
    )
    body = json.dumps({"error": {"code": "no_key", "message": message}}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})
