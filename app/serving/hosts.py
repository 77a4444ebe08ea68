"""Which names the app answers to, so that no web page drives it from a visitor's browser.

A page at ``evil.example`` may let its name point at 127.0.0.1 (DNS rebinding): the browser
then takes the app for a part of that page. The name still stands in the header Host.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.serving.refusals import refuse
from backend.core.network import is_loopback
from backend.settings import settings


def host_allowed(host: str, own: str) -> bool:
    """Whether the header Host names this app.

    Parameters
    ----------
    host : str
        As the client sent it, with or without a port.
    own : str
        The address of this machine that the client reached; empty for a Unix socket.

    Returns
    -------
    bool
        True for names of this machine and those of ``KINDRED_HOSTS``; for other
        addresses where other machines can reach the app: no page has those for a name.

    Examples
    --------
    >>> host_allowed("localhost:8501", "127.0.0.1"), host_allowed("evil.example", "127.0.0.1")
    (True, False)
    >>> host_allowed("192.0.2.7", "192.0.2.7"), host_allowed("192.0.2.7", "127.0.0.1")
    (True, False)
    """
    try:
        parts = urlsplit(f"//{host}")
        name, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if not name or parts.netloc != host or "@" in host:
        return False
    if is_loopback(name):
        return True
    for allowed in settings().hosts.lower().replace(",", " ").split():
        if allowed in ("*", name) or (allowed.startswith("*.") and name.endswith(allowed[1:])):
            return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return not is_loopback(own)


class Hosts:
    """Refuse requests to other names.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket."""
        if scope["type"] in ("http", "websocket"):
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            own = (scope.get("server") or ("", None))[0]
            if len(hosts) != 1 or not host_allowed(hosts[0].decode("latin-1"), own):
                message = (
                    "Kindred does not answer to this name. Use localhost, or ask its "
                    "administrator to add the name to KINDRED_HOSTS."
                )
                await refuse(scope, send, 421, message)
                return
        await self.app(scope, receive, send)
