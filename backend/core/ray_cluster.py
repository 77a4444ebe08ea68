"""Connecting to a Ray cluster, or starting one on this machine."""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from backend.core.threads import threads
from backend.domain import KindredError
from backend.settings import ROOT

ONE_THREAD = ("KINDRED_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Workers need no API key, and encode themselves even if this process has a remote backend.
_NOT_FOR_WORKERS = ("KINDRED_API_KEY", "KINDRED_ENCODER_SERVER")
_THREADS = ("StreamingExecutor", "iter_threaded")  # of Ray Data; each ends with its data set
_PATIENCE = 30.0  # seconds that they have to end


@dataclass(frozen=True, slots=True)
class Ray:
    """Where to encode with Ray.

    Attributes
    ----------
    address : str
        ``host:6379`` of a running cluster, or ``auto`` for the one on this machine;
        when empty, a new cluster is started here.
    workers : int or None
        Processes that encode; by default one per GPU, or one per core without GPUs.
    """

    address: str = ""
    workers: int | None = None


def installed() -> bool:
    """Whether Ray is installed."""
    return importlib.util.find_spec("ray") is not None


def require_ray() -> None:
    """Check that Ray is installed.

    Raises
    ------
    KindredError
        ``no_ray``.
    """
    if not installed():
        message = "Ray is not installed. Run `pip install -r requirements-scale.txt`."
        raise KindredError("no_ray", message)


def worker_environment(*, one_thread: bool = True) -> dict[str, str]:
    """Return the environment of a worker: the settings and the code of this process.

    Parameters
    ----------
    one_thread : bool
        Whether a worker computes on one thread, because other workers use the other cores.
    """
    limits = dict.fromkeys(ONE_THREAD, "1") if one_thread else {}
    kindred = {
        k: v
        for k, v in os.environ.items()
        if k.startswith("KINDRED_") and k not in _NOT_FOR_WORKERS
    }
    return kindred | limits | {"PYTHONPATH": str(ROOT)}


@contextmanager
def cluster(options: Ray, environment: Mapping[str, str]) -> Iterator[Any]:
    """Connect to a Ray cluster.

    Parameters
    ----------
    options : Ray
    environment : mapping of str to str
        Of the workers.

    Yields
    ------
    module
        ``ray``, connected to the cluster inside the block.

    Raises
    ------
    KindredError
        ``no_ray``; ``no_cluster`` when none answers at the address.
    """
    require_ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray's default niceness of 15 starves the workers on a busy machine.
    os.environ.setdefault("RAY_worker_niceness", "0")
    import ray

    logging.getLogger("ray.data").setLevel(logging.WARNING)
    extra: dict[str, Any] = {} if options.address else {"include_dashboard": False}
    if not options.address and options.workers:
        extra["num_cpus"] = max(options.workers, threads())
    try:
        ray.init(
            address=options.address or "local",
            logging_level=logging.WARNING,
            log_to_driver=False,
            runtime_env={"env_vars": dict(environment)},
            **extra,
        )
    except Exception as error:  # Ray raises plain exceptions when a node does not start
        raise KindredError(
            "no_cluster",
            f"No Ray cluster answers at {options.address or 'this machine'}: {str(error)[:200]}. "
            "Start one with `ray start --head` and give its address as HOST:6379.",
        ) from error
    try:
        yield ray
    finally:
        _end_threads()
        ray.shutdown()


def _end_threads() -> None:
    """Wait for Ray Data's threads: Ray ends a process that calls it after its shutdown."""
    deadline = time.monotonic() + _PATIENCE
    for thread in threading.enumerate():
        if thread.name.startswith(_THREADS):
            thread.join(max(0.0, deadline - time.monotonic()))
