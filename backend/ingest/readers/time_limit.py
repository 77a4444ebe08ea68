"""Reading that ends when it has taken so much time of a core, whatever is being read.

A file of 50 MB may hold ten million rows, or nothing for long. Whoever needs a first look
sets a limit around the reading; loops over what is read ask `check_time`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import thread_time

_end: ContextVar[float | None] = ContextVar("end", default=None)


class OutOfTimeError(Exception):
    """The limit is reached; not a `KindredError`, which readers take for a fault of a file."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Let readings in the block end once this thread has worked for so long.

    Parameters
    ----------
    seconds : float or None
        Of this thread's own work, so that a busy machine does not shorten what is read.
        None: no limit.
    """
    before = _end.set(None if seconds is None else thread_time() + seconds)
    try:
        yield
    finally:
        _end.reset(before)


def is_limited() -> bool:
    """Whether there is a limit around this reading."""
    return _end.get() is not None


def time_left() -> float:
    """Return the seconds of this thread's work until the limit; infinite without one."""
    end = _end.get()
    return float("inf") if end is None else max(0.0, end - thread_time())


def count_time(seconds: float) -> None:
    """Count the work of another process for this reading as that of this thread."""
    end = _end.get()
    if end is not None:
        _end.set(end - seconds)


def share_of_time(share: float) -> Callable[[], bool]:
    """Return what says whether a share of the time that is left now has passed."""
    end = _end.get()
    if end is None:
        return lambda: False
    now = thread_time()
    return lambda: thread_time() > now + share * (end - now)


def check_time() -> None:
    """Raise `OutOfTimeError` if the limit around this reading is reached."""
    end = _end.get()
    if end is not None and thread_time() > end:
        raise OutOfTimeError
