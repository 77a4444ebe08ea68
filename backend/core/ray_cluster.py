"""A Ray cluster: the one that is named, or one of this machine's own."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from backend.core.device import threads
from backend.domain import KindredError
from backend.settings import ROOT

ONE_THREAD = ("KINDRED_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# A key is no worker's business; a worker encodes itself, whoever else does.
_OWN = ("KINDRED_API_KEY", "KINDRED_BACKEND")


@dataclass(frozen=True, slots=True)
class Ray:
    """Where to encode.

    Attributes
    ----------
    address : str
        ``host:6379`` of a running cluster, ``auto`` for the one on this
        machine; a new one on this machine when empty.
    workers : int or None
        Processes that encode; None: one a GPU where there are any, else one a core.
    """

    address: str = ""
    workers: int | None = None


def installed() -> bool:
    """Whether Ray is there."""
    return importlib.util.find_spec("ray") is not None


def needs_ray() -> None:
    """Refuse when Ray is not there.

    Raises
    ------
    KindredError
        ``no_ray``.
    """
    if not installed():
        raise KindredError(
            "no_ray", "Ray is not installed: `pip install -r requirements-scale.txt` brings it."
        )


def worker_environment(*, one_thread: bool = True) -> dict[str, str]:
    """The environment of a worker: this process's settings and code.

    Parameters
    ----------
    one_thread : bool
        Whether each computes on one thread, and more of them take the other cores.
    """
    alone = dict.fromkeys(ONE_THREAD, "1") if one_thread else {}
    asked = {k: v for k, v in os.environ.items() if k.startswith("KINDRED_") and k not in _OWN}
    return asked | alone | {"PYTHONPATH": str(ROOT)}


@contextmanager
def cluster(asked: Ray, environment: Mapping[str, str]) -> Iterator[Any]:
    """Connect to Ray.

    Parameters
    ----------
    asked : Ray
    environment : mapping of str to str
        Of the workers.

    Yields
    ------
    module
        ``ray``, connected; disconnected in the end.

    Raises
    ------
    KindredError
        ``no_ray``; ``no_cluster`` when there is none at the address.
    """
    needs_ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray's default of 15 starves workers on a machine that does anything else.
    os.environ.setdefault("RAY_worker_niceness", "0")
    import ray

    logging.getLogger("ray.data").setLevel(logging.WARNING)
    more: dict[str, Any] = {} if asked.address else {"include_dashboard": False}
    if not asked.address and asked.workers:
        more["num_cpus"] = max(asked.workers, threads())
    try:
        ray.init(
            address=asked.address or "local",
            logging_level="warning",
            log_to_driver=False,
            runtime_env={"env_vars": dict(environment)},
            **more,
        )
    except Exception as error:  # Ray raises bare ones when a node does not start
        raise KindredError(
            "no_cluster",
            f"There is no Ray cluster at {asked.address or 'this machine'}: {str(error)[:200]}. "
            "Start one with `ray start --head` and name it as HOST:6379.",
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()
