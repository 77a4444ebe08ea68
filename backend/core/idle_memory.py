"""Give memory back to the system when a server has nothing to do.

The C library keeps what was freed for the next computation, see `process_tuning`: after a crowd
of visitors that is hundreds of megabytes, which nobody else can use. Python keeps cycles of
objects until it has made many more.
"""

from __future__ import annotations

import ctypes
import gc
import threading
import time

INTERVAL = 10.0  # seconds
_IDLE = 0.1  # of a core: less is nothing to do
_WORKED = 1.0  # seconds of a core, after which there may be something to give back


def give_back() -> bool:
    """Give back what was freed; False without glibc."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return False
    trim(0)
    return True


def give_back_when_idle(interval: float = INTERVAL) -> threading.Thread:
    """Start a thread that gives memory back after work, as soon as the process is idle."""
    thread = threading.Thread(target=_watch, args=(interval,), name="idle-memory", daemon=True)
    thread.start()
    return thread


def _watch(interval: float) -> None:
    given = before = 0.0
    while True:
        time.sleep(interval)
        now = time.process_time()
        if now - before < _IDLE * interval and now - given > _WORKED:
            gc.collect()
            give_back()
            given = time.process_time()
        before = now
