"""How a request or a WebSocket is refused before Streamlit sees it."""

from __future__ import annotations

from starlette.types import Scope, Send


async def refuse(
    scope: Scope,
    send: Send,
    status: int,
    message: str,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Answer with a sentence; a WebSocket is closed unopened.

    The connection stays: closing it while the client sends would lose the answer. What
    still arrives is dropped, for as long as `app.serving.lifetime` lets it.
    """
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        return
    fixed = ((b"content-type", b"text/plain; charset=utf-8"),)
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": message.encode()})
