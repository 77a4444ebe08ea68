"""A socket whose reads and writes end together at one moment."""

from __future__ import annotations

import io
import socket
import time
from types import TracebackType
from typing import Any


def seconds_left(end: float) -> float:
    """Return the seconds until a moment of the monotonic clock.

    Raises
    ------
    TimeoutError
        When it is past.
    """
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class DeadlineSocket:
    """What ``http.client`` uses of a socket, with one deadline for all of it.

    A socket's own timeout starts again with each byte, so that a server which drips
    headers, sizes of chunks or interim responses could go on for ever.

    Parameters
    ----------
    sock : socket.socket
        Connected; closed at the end of the ``with`` block.
    end : float
        The deadline, on the clock of ``time.monotonic``.
    """

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._end = end

    def __enter__(self) -> DeadlineSocket:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sock.close()

    def sendall(self, data: bytes) -> None:
        """Send bytes."""
        self._sock.settimeout(seconds_left(self._end))
        self._sock.sendall(data)

    def makefile(self, *_args: Any, **_options: Any) -> io.BufferedReader:
        """Return a file to read from."""
        return io.BufferedReader(_Reader(self._sock, self._end))

    def close(self) -> None:
        """Keep it open: ``http.client`` closes it while the response is being read."""


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(seconds_left(self._end))
        return self._sock.recv_into(buffer)
