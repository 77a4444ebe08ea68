"""Who may reach the app: this machine only, or others past one of three access controls.

Sign-in (KINDRED_SIGN_IN) and demo mode (KINDRED_DEMO) are enforced by the pages. A key
(KINDRED_API_KEY) is enforced here for all that Streamlit serves, and by `backend.api`
below ``/api``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from typing import ClassVar

import streamlit as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.serving.refusals import refuse
from backend.core.network import check_guarded, is_loopback
from backend.core.urls import path_in_app
from backend.domain import KindredError
from backend.settings import settings

COOKIE = "kindred_key"
METRICS = ("/_stcore/metrics", "/api/metrics")
HEALTH = "/_stcore/health"  # for monitors of the server; answers without a key
CHALLENGE = b'Basic realm="Kindred: any user name, the key as password", charset="UTF-8"'


def check_address(host: str | None = None) -> None:
    """Refuse an address that other machines can reach, unless access control is set.

    Parameters
    ----------
    host : str, optional
        The address to check; Streamlit's option ``server.address`` when not given, which
        means every address where it is not set.

    Raises
    ------
    KindredError
        ``no_key``, with the three access controls to choose from.
    """
    guards = {
        "KINDRED_SIGN_IN=true (only people who sign in get in)": settings().sign_in,
        "KINDRED_API_KEY=... (only people who have the key get in)": settings().api_key,
        "KINDRED_DEMO=true (everybody gets in, nothing is stored)": settings().demo,
    }
    if host is None:
        host = st.get_option("server.address") or ""
    check_guarded(host, guards)


def check_page() -> None:
    """Stop a page that is served without `Access`, where others could reach it.

    ``streamlit run app/main.py`` serves the pages alone; nothing asks for a key there.
    """
    guarded = Access.installed or settings().sign_in or settings().demo
    if not guarded and not is_loopback(st.get_option("server.address") or ""):
        st.error("Start the app with `make run`, or listen on 127.0.0.1.", icon=":material/error:")
        st.stop()


class Access:
    """Refuse requests from other machines without access control, and those without the key.

    The address is checked again here, for each connection: a server that is not Streamlit's
    own does not listen where ``server.address`` says.

    Parameters
    ----------
    app : ASGI application
        The pages and the service below ``/api``.
    """

    installed: ClassVar[bool] = False  # whether it stands in front of this process's pages

    def __init__(self, app: ASGIApp) -> None:
        Access.installed = True
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        host, port = scope.get("server") or ("127.0.0.1", 0)
        if port is not None:  # None: a Unix socket
            try:
                check_address(host)
            except KindredError as error:
                await refuse(scope, send, 403, error.message)
                return
        key = settings().api_key
        headers = dict(scope["headers"])
        public = settings().sign_in or settings().demo
        if public and path_in_app(scope).rstrip("/") in METRICS and not _has_key(headers, key):
            message = "The metrics of this site need the key of KINDRED_API_KEY."
            await refuse(scope, send, 401, message, ((b"www-authenticate", CHALLENGE),))
            return
        if not key or public or _has_own_check(scope):
            await self.app(scope, receive, send)
            return
        if hmac.compare_digest(_cookie(headers), _token(key)):
            await self.app(scope, receive, send)
        elif _has_key(headers, key):
            await self.app(scope, receive, _with_cookie(scope, send, _token(key)))
        else:
            message = (
                "Authentication required: enter any user name, and KINDRED_API_KEY as password."
            )
            await refuse(scope, send, 401, message, ((b"www-authenticate", CHALLENGE),))


def _has_key(headers: dict[bytes, bytes], key: str | None) -> bool:
    secret = _secret(headers.get(b"authorization", b""))
    return bool(key) and hmac.compare_digest(secret, str(key).encode())


def _has_own_check(scope: Scope) -> bool:
    """Whether a path needs no key here: the health check, and ``/api``, which checks the key."""
    path = path_in_app(scope)
    return path == HEALTH or path == "/api" or path.startswith("/api/")


def _secret(header: bytes) -> bytes:
    """The password of Basic, or the token of Bearer; empty for anything else."""
    scheme, _, value = header.partition(b" ")
    if scheme.lower() == b"bearer":
        return value
    if scheme.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(value, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _token(key: str) -> bytes:
    """What the cookie holds: proof of the key, not the key."""
    return hmac.new(key.encode(), b"kindred pages", hashlib.sha256).hexdigest().encode()


def _cookie(headers: dict[bytes, bytes]) -> bytes:
    try:
        cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return b""
    return cookies[COOKIE].value.encode() if COOKIE in cookies else b""


def _with_cookie(scope: Scope, send: Send, token: bytes) -> Send:
    """Set the cookie: some browsers send no password when they open a WebSocket."""
    secure = b"; Secure" if scope.get("scheme") == "https" else b""
    cookie = b"%s=%s; Path=/; HttpOnly; SameSite=Lax%s" % (COOKIE.encode(), token, secure)

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie)]
        await send(message)

    return sender
