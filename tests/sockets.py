"""Ports for the servers that tests start, and connections that servers end."""

from __future__ import annotations

import socket
from contextlib import suppress

_taken: list[socket.socket] = []


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody else is given until this process ends.

    A socket stays bound to it that never listens: the kernel gives the port to no connection
    and to no other test, and a server, which sets SO_REUSEADDR, too, may listen on it.
    """
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", 0))
    _taken.append(taken)
    return int(taken.getsockname()[1])


def rest(sock: socket.socket) -> bytes:
    """Return what comes until the other end closes the connection.

    A reset is such an end, too: so ends a connection that is closed with something unread.
    """
    parts = []
    with suppress(ConnectionError):
        while part := sock.recv(4_096):
            parts.append(part)
    return b"".join(parts)
