"""What is loaded once is not gone through again after every run.

Streamlit collects garbage whenever a script has run, which goes through every object
that Python has: with the models' libraries loaded, 0.4 s of the one interpreter that
all visitors share.
"""

from __future__ import annotations

import gc
import sys
from threading import Lock

_lock = Lock()
_modules = 0


def settle() -> None:
    """Take what modules brought since the last time out of the collector's sight.

    New modules are the sign that something large was loaded, and come to an end; what
    sessions make stays in its sight.
    """
    global _modules
    if len(sys.modules) == _modules or not _lock.acquire(blocking=False):
        return
    try:
        _modules = len(sys.modules)
        gc.collect()  # else garbage would be kept too
        gc.freeze()
    finally:
        _lock.release()
