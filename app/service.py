"""HTTP/JSON beside the pages, made when it is first asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


@lru_cache(maxsize=1)
def _made() -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    # Here and not above: the first page must not wait for what it does not need.
    from app.facade import workspace
    from backend.api import create

    return create(workspace())


async def service(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request."""
    made = await asyncio.to_thread(_made)
    await made(scope, receive, send)
