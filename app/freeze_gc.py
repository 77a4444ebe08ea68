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
_frozen = _seen = 0  # modules, the last time that it was done and that it was asked for


def freeze() -> None:
    """Take what modules brought out of the collector's sight, when all of them are there.

    New modules are the sign that something large was loaded; there is an end to them, so
    this happens a few times. What a session holds at such a moment is freed with it as
    usual, except for rings of objects, which then are kept: a few, once.
    """
    global _frozen, _seen
    before, _seen = _seen, len(sys.modules)
    if not _frozen < _seen == before or not _lock.acquire(blocking=False):
        return  # nothing new, or still loading
    try:
        _frozen = _seen
        gc.collect()  # else garbage would be kept too
        gc.freeze()
    finally:
        _lock.release()
