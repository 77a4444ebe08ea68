"""The device to compute on, and how many threads.

`probe` answers without loading torch, so that a page can show the device at once;
`resolve` loads torch and decides.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import re
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from backend.domain import KindredError
from backend.settings import settings

T = TypeVar("T")
R = TypeVar("R")

NAMES = ("auto", "cpu", "cuda", "cuda:N", "mps")
_NAME = re.compile(r"cpu|mps|cuda(:\d+)?")
_NVIDIA = Path("/proc/driver/nvidia/version")

# By default OpenMP's threads spin while they wait, and starve one another as soon as the cores
# are shared: a sentence took 2,200 ms instead of 90. Every runtime reads this once, when it is
# loaded; hence here and not in a function.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

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


keep_memory()


@dataclass(frozen=True, slots=True)
class Device:
    """A device and why it was chosen.

    Attributes
    ----------
    name : str
        As in torch: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    reason : str
        One sentence for users who expect another device.
    final : bool
        False if `probe` chose it without torch.
    """

    name: str
    reason: str
    final: bool = True


def threads() -> int:
    """Return the number of threads to compute on: the setting, or all cores of this process."""
    chosen = settings().threads
    if chosen is not None and chosen > 0:
        return chosen
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def probe(name: str | None = None) -> Device:
    """Return the device that `resolve` should choose, without loading torch.

    Takes the names that `resolve` takes and raises ``unknown_device``, too; the device has
    ``final=False`` unless torch is already loaded.
    """
    name = _checked(name)
    if elsewhere := settings().backend:
        return Device("elsewhere", f"The encoders run at {elsewhere}.")
    if "torch" in sys.modules:
        return resolve(name)
    if name != "auto":
        return Device(name, "Set by KINDRED_DEVICE.", final=False)
    build = _torch_build()
    if build is None:
        return Device("cpu", "PyTorch is not installed.", final=False)
    if "+cpu" in build:
        return Device("cpu", _cpu_build(build), final=False)
    if _nvidia():
        return Device("cuda", "An NVIDIA driver is loaded.", final=False)
    if sys.platform == "darwin":
        return Device("mps", "macOS has Metal.", final=False)
    return Device("cpu", "No NVIDIA driver is loaded.", final=False)


def resolve(name: str | None = None) -> Device:
    """Choose the device; loads torch.

    Parameters
    ----------
    name : str, optional
        One of `NAMES`; the setting ``KINDRED_DEVICE`` when not given.

    Raises
    ------
    KindredError
        ``unknown_device``; ``no_such_device`` when this machine does not have it.
    """
    return _resolved(_checked(name))


@lru_cache(maxsize=8)
def _resolved(name: str) -> Device:
    use_threads()
    import torch

    use_threads()
    if name == "cpu":
        return Device("cpu", "Set by KINDRED_DEVICE.")
    if name.startswith("cuda"):
        index = int(name.partition(":")[2] or 0)
        if not torch.cuda.is_available() or index >= torch.cuda.device_count():
            message = f"There is no device {name}: {_no_cuda(torch)} Use auto or cpu."
            raise KindredError("no_such_device", message)
        return Device(name, f"Set by KINDRED_DEVICE: {torch.cuda.get_device_name(index)}.")
    metal = torch.backends.mps.is_available()
    if name == "mps":
        if not metal:
            message = "There is no device mps: this machine has no Metal. Use auto or cpu."
            raise KindredError("no_such_device", message)
        return Device("mps", "Set by KINDRED_DEVICE.")
    if torch.cuda.is_available():
        return Device("cuda", f"CUDA is available: {torch.cuda.get_device_name(0)}.")
    if metal:
        return Device("mps", "Metal is available.")
    return Device("cpu", _no_cuda(torch))


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
    not depend on the others.

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

    def alone(item: T) -> R:
        _compute_alone()
        return function(item)

    return list(_pool().map(alone, items))


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


def _checked(name: str | None) -> str:
    name = (name or settings().device).strip().lower()
    if name != "auto" and not _NAME.fullmatch(name):
        message = f"There is no device named {name!r}; use {', '.join(NAMES)}."
        raise KindredError("unknown_device", message)
    return name


def _torch_build() -> str | None:
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def _nvidia() -> bool:
    return _NVIDIA.exists() or Path("/dev/nvidia0").exists() or Path("/dev/dxg").exists()


def _cpu_build(version: str) -> str:
    unused = "; the NVIDIA GPU here stays unused." if _nvidia() else "."
    return f"This PyTorch ({version}) is built without CUDA{unused}"


def _no_cuda(torch: Any) -> str:
    if torch.version.cuda is None:
        return _cpu_build(torch.__version__)
    if not _nvidia():
        return "No NVIDIA driver is loaded."
    return "CUDA does not start: the driver may be too old, or the GPU is in use."
