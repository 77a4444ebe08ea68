"""How much visitors may hold in the memory of Streamlit's uploader.

Streamlit keeps a file from the moment it is sent until its session ends, whether or not a
page has asked for one. Here a file is refused before it is read: from sessions that are
not allowed to upload, and above the limits of a session, of a network and of all together.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from app.serving.refusals import refuse
from backend.settings import settings

IDLE_SECONDS = 15.0  # without a byte
_PATH = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)/?$")
_SESSIONS = 10_000  # remembered as allowed
_OVERHEAD = 2**16  # of a form around its file

_allowed: OrderedDict[str, None] = OrderedDict()
_lock = threading.Lock()


def allow_session(session: str) -> None:
    """Allow uploads of a session: its visitor has passed the sign-in, if there is one."""
    with _lock:
        _allowed[session] = None
        _allowed.move_to_end(session)
        while len(_allowed) > _SESSIONS:
            _allowed.popitem(last=False)


@dataclass(slots=True)
class _File:
    session: str
    network: str
    nbytes: int
    arriving: bool = True


class UploadLimits:
    """Refuse uploads above the limits.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._files: dict[tuple[str, str], _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        found = _PATH.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] in ("DELETE", "OPTIONS", "GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        session, name = found.groups()
        if session not in _allowed:
            await refuse(scope, send, 403, "Only an open page can upload. Reload it and try again.")
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if not declared.isdigit() or len(declared) > 18:
            await refuse(
                scope, send, 411, "The upload does not say how large it is (Content-Length)."
            )
            return
        file = _File(session, _network(scope), int(declared))
        if (key := (session, name)) in self._files or (reason := self._full(file)):
            reason = reason if key not in self._files else "This file is being uploaded already."
            await refuse(scope, send, 413, reason)
            return
        self._files[key] = file
        try:
            await self.app(scope, _with_idle_timeout(receive), send)
        finally:
            file.arriving = False
            self._forget_dropped()

    def _full(self, file: _File) -> str:
        """Return why there is no room for a file; empty if there is."""
        self._forget_dropped()
        limits, held = settings().limits, self._files.values()
        own = sum(f.nbytes for f in held if f.session == file.session)
        near = sum(f.nbytes for f in held if f.network == file.network)
        if file.nbytes > limits.file_bytes + _OVERHEAD:
            return f"A file may have at most {limits.file_bytes // 2**20} MB."
        if own + file.nbytes > limits.session_bytes + _OVERHEAD:
            most = limits.session_bytes // 2**20
            return f"Your files have reached the limit of {most} MB. Remove one first."
        if near + file.nbytes > 2 * limits.session_bytes + _OVERHEAD:
            return "Uploads from your network have reached their limit. Try again in a few minutes."
        if sum(f.nbytes for f in held) + file.nbytes > limits.upload_cache_bytes:
            return "The server has no room for more files now. Try again in a few minutes."
        return ""

    def _forget_dropped(self) -> None:
        """Stop counting files that Streamlit no longer holds."""
        for key, file in list(self._files.items()):
            if not file.arriving and not _is_held(*key):
                del self._files[key]


def _network(scope: Scope) -> str:
    """Return the client's address; of IPv6 the 64 bits that a household is given as a whole."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return host


def _is_held(session: str, name: str) -> bool:
    if not runtime.exists():
        return False
    return bool(runtime.get_instance().uploaded_file_mgr.get_files(session, [name]))


def _with_idle_timeout(receive: Receive) -> Receive:
    """Give up a client that stops sending."""

    async def receiver() -> Message:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    return receiver
