"""Open a kept index and search, in a process that does nothing else; see `bench.large`.

    python -m bench.alone FOLDER

prints JSON. ``queries.npy`` and ``chosen.npy`` lie beside the folder.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.core.device import use_threads
from backend.search import VectorIndex
from backend.search.index.ids import strings
from backend.search.index.on_disk import OnDiskIndex
from backend.search.index.scanners import faiss

K = 10
Search = Callable[[np.ndarray], np.ndarray]


def timed(runs: list[Callable[[np.ndarray], object]], queries: np.ndarray) -> list[np.ndarray]:
    """Milliseconds of each query by each contestant, who take turns: load hits all alike."""
    taken: list[list[float]] = [[] for _ in runs]
    for n, query in enumerate(np.concatenate([queries[:5], queries])):
        for run, times in zip(runs, taken, strict=True):
            start = time.perf_counter()
            run(query)
            if n >= 5:  # the first ones warm up
                times.append((time.perf_counter() - start) * 1e3)
    return [np.array(times) for times in taken]


def opened(folder: Path) -> VectorIndex:
    """The kept index."""
    index = OnDiskIndex(folder).open("bench")
    if index is None:
        raise SystemExit(f"no index at {folder}")
    return index


def alone(folder: Path) -> None:
    """Open a kept index and search: what a process of its own needs; prints JSON."""
    queries = np.load(folder.parent / "queries.npy")
    chosen = np.load(folder.parent / "chosen.npy")
    use_threads()
    faiss()
    use_threads()
    before = resident()
    start = time.perf_counter()
    index = opened(folder)
    index.search(queries[0], K)
    told = {"open_s": time.perf_counter() - start}
    barred = strings([f"post-{i:08d}" for i in chosen])
    listed = barred.to_pylist()
    runs: dict[str, Callable[[np.ndarray], object]] = {
        "alone": lambda q: index.search(q, K, distinct=True),
        # Ids as Python strings, looked up each time; then as the app gives them again and again.
        "ids": lambda q: index.search(q, K, allowed=listed, distinct=True),
        "again": lambda q: index.search(q, K, allowed=barred, distinct=True),
    }
    for name, run in runs.items():
        times = timed([run], queries)[0]
        told[f"{name}_p50"], told[f"{name}_p95"] = np.percentile(times, (50, 95)).tolist()
    print(json.dumps(told | {"start_mb": before["all"]} | resident()))


def resident() -> dict[str, float]:
    """Megabytes of this process in memory: its own, and pages of files."""
    status = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in status)
    return {
        name: int(found[key].split()[0]) / 1024
        for name, key in (("own", "RssAnon"), ("files", "RssFile"), ("all", "VmRSS"))
    }


if __name__ == "__main__":
    alone(Path(sys.argv[1]))
