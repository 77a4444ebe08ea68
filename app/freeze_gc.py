"""Keep modules out of the garbage collections while pages run.

A collection visits every object in Python. With the models' libraries loaded that takes
0.4 s of the one interpreter that all visitors share.
"""

from __future__ import annotations

import gc
import sys
from threading import Lock

_lock = Lock()
_frozen = _seen = 0  # number of modules at the last freeze and at the last call


def freeze() -> None:
    """Freeze all objects once newly imported modules have finished loading.

    New modules show that something large was loaded; this happens only a few times.
    Objects that a session holds at that moment are freed with it as usual, except
    reference cycles, which stay in memory.
    """
    global _frozen, _seen
    before, _seen = _seen, len(sys.modules)
    if not _frozen < _seen == before or not _lock.acquire(blocking=False):
        return  # nothing new, or still loading
    try:
        _frozen = _seen
        gc.collect()  # or garbage would be frozen too
        gc.freeze()
    finally:
        _lock.release()
