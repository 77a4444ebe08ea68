"""Scripts at the start of every page, which mend what Streamlit's own does to the address.

It finds the server by requests that fail (404), and it adds two entries to the history where
`st.switch_page` leads to a page with parameters: first the old page with the parameters of the
new one, so that Back led to a page that never was.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Pages are one level below the root, wherever a proxy puts it.
SERVER = "window.__streamlit={BACKEND_BASE_URL:new URL('.',location.href).href};"
# The parameters change, and soon after the path alone: one step of a visitor.
HISTORY = """
const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
let parameters = 0;
history.pushState = (state, title, url) => {
  const to = new URL(url, location.href), samePath = to.pathname === location.pathname;
  const oneStep = !samePath && to.search === location.search && Date.now() - parameters < 3000;
  parameters = samePath ? Date.now() : 0;
  return (oneStep ? replace : push)(state, title, url);
};
"""
SCRIPT = f"<script>{SERVER}{{{HISTORY}}}</script>".encode()
HEAD = b"<head>"


class PageBase:
    """Put `SCRIPT` at the start of every HTML page.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        plain = [(k, v) for k, v in scope["headers"] if k.lower() != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def sender(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kind = Headers(raw=message.get("headers", [])).get("content-type", "")
                if "text/html" in kind:
                    start = message
                    return
            elif start and message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body"):
                    page = body.replace(HEAD, HEAD + SCRIPT, 1)
                    sent = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
                    sent.append((b"content-length", str(len(page)).encode()))
                    await send({**start, "headers": sent})
                    await send({"type": "http.response.body", "body": page})
                return
            await send(message)

        await self.app({**scope, "headers": plain}, receive, sender)
