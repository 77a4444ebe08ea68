"""How many threads libraries compute on, and small computations in parallel."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

from backend.core.meter import spend
from backend.settings import settings

T = TypeVar("T")
R = TypeVar("R")


def threads() -> int:
    """Return the number of threads to compute on: the setting, or all cores of this process."""
    chosen = settings().threads
    if chosen is not None and chosen > 0:
        return chosen
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads_lock = threading.Lock()


def use_threads(count: int | None = None) -> int:
    """Give all loaded libraries the same number of threads.

    By default torch, FAISS and OpenMP each start one thread per core, and then
    wait for one another. Libraries loaded later read the environment, which is set here too;
    call this again after loading one that does not.

    Returns the number in use: `count`, or `threads` when not given.
    """
    count = count or threads()
    with _threads_lock:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[variable] = str(count)
        if torch := _loaded("torch"):
            torch.set_num_threads(count)
        if faiss := _loaded("faiss"):
            faiss.omp_set_num_threads(count)
    return count


def parallel_map(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Apply a function to items in parallel, each item on one thread.

    For small networks: two threads inside one network wait for each other after every layer,
    whereas two items in parallel never do. Every item is computed alone, so its result does
    not depend on the others. What they take counts on the meter of the caller.

    Parameters
    ----------
    function : callable
        Must release the global interpreter lock, as torch, numpy and C libraries do.
    items : sequence

    Returns
    -------
    list
        In the order of `items`.
    """
    if getattr(_worker, "is_one", False):  # nested: waiting for the pool would deadlock
        return [function(item) for item in items]

    def alone(item: T) -> tuple[R, float]:
        _compute_alone()
        start = time.thread_time()
        return function(item), time.thread_time() - start

    done = list(_pool().map(alone, items))
    spend(sum(seconds for _, seconds in done))
    return [result for result, _ in done]


def register_openmp(library: ctypes.CDLL) -> None:
    """Let `parallel_map` set the threads of the OpenMP runtime that a wheel's library links.

    A library that is linked with none is ignored.
    """
    if hasattr(library, "omp_set_num_threads"):
        _openmp.append(library)


_worker = threading.local()
_openmp: list[ctypes.CDLL] = []


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), thread_name_prefix="encode")


def _compute_alone() -> None:
    """Limit the calling worker to one thread in all libraries loaded so far."""
    _worker.is_one = True
    for library in _openmp[getattr(_worker, "libraries", 0) :]:
        library.omp_set_num_threads(ctypes.c_int(1))
    _worker.libraries = len(_openmp)
    if (torch := _loaded("torch")) and not getattr(_worker, "torch", False):
        with _threads_lock:
            torch.get_num_threads()  # the first call in a thread resets it to the default
            torch.set_num_threads(1)
            # That also changed the default of new threads; restore it in another thread, as here
            # it would apply to this worker.
            other = threading.Thread(target=torch.set_num_threads, args=(threads(),))
            other.start()
            other.join()
        _worker.torch = True


def _loaded(name: str) -> Any:
    """Return a loaded module; None while another thread is still loading it."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return None if getattr(spec, "_initializing", False) else module


def single_thread_blas() -> None:
    """Limit numpy's matrix products to one thread for the rest of this process.

    Encoders already occupy every core, so more threads would only wait. The limit is never
    lifted, because limits that overlap in several threads restore each other's values.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
