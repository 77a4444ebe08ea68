"""Settings of a process that encoders are much faster with; every entry point sets them."""

from __future__ import annotations

import ctypes
import os

# glibc returns the memory of a layer to the system and requests it again for the next layer,
# which takes up to a third of an encoder's time. Parameters of mallopt(3) in bytes (mmap
# threshold, trim threshold, top pad), and the number of arenas, each of which keeps memory.
_MALLOC = {-3: 32 * 2**20, -1: 128 * 2**20, -2: 32 * 2**20, -8: min(8, 2 * (os.cpu_count() or 1))}
_MALLOC_VARIABLES = (
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "GLIBC_TUNABLES",
)


def tune_process() -> None:
    """Set up OpenMP and the C library of this process, before it loads torch or other models.

    Whatever the environment says about either of them is respected.
    """
    # By default OpenMP's threads spin while they wait, and starve one another as soon as the
    # cores are shared: a sentence took 2,200 ms instead of 90. Every runtime reads this once,
    # when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_memory()


def keep_memory() -> bool:
    """Let the C library keep freed memory, some 64 MB per arena, for the next computation.

    False without glibc, where the environment configures it, or where it refuses a parameter,
    as on 32 bits.
    """
    if any(name in os.environ for name in _MALLOC_VARIABLES):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    done = [mallopt(parameter, value) for parameter, value in _MALLOC.items()]
    return all(done)
