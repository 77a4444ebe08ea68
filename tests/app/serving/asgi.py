"""Ask a middleware without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers 200."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def send_to(
    app: Any, path: str = "/", method: str = "GET", server: str = "127.0.0.1", **options: Any
) -> tuple[int, dict[str, str]]:
    """Ask; return the status and the headers."""
    headers = {"host": "localhost", **options.pop("headers", {})}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    packed = [(k.encode(), v.encode("latin-1")) for k, v in headers.items() if v is not None]
    scope = {"type": "http", "method": method, "path": path, "headers": packed}
    scope |= {"server": (server, 80), "client": ("192.0.2.1", 1), **options}
    await app(scope, options.pop("receive", receive), send)
    return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0].get("headers", ())}


def run(scenario: Callable[[], Any]) -> Any:
    """Run a coroutine in a thread: Playwright leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, scenario()).result()
