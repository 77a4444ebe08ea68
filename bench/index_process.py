"""Open an index on disk and search it, in a process that does nothing else: see `bench.large`.

    python -m bench.index_process FOLDER

prints JSON. ``queries.npy`` and ``chosen.npy`` lie next to the folder.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.core.threads import use_threads
from backend.search import VectorIndex
from backend.search.index.ids import strings
from backend.search.index.on_disk import OnDiskIndex
from backend.search.index.scanners import faiss

K = 10
Search = Callable[[np.ndarray], np.ndarray]


def timed(runs: list[Callable[[np.ndarray], object]], queries: np.ndarray) -> list[np.ndarray]:
    """Return milliseconds by search and query; searches take turns, so load affects all alike."""
    milliseconds: list[list[float]] = [[] for _ in runs]
    for n, query in enumerate(np.concatenate([queries[:5], queries])):
        for run, times in zip(runs, milliseconds, strict=True):
            start = time.perf_counter()
            run(query)
            if n >= 5:  # the first ones warm up
                times.append((time.perf_counter() - start) * 1e3)
    return [np.array(times) for times in milliseconds]


def open_index(folder: Path) -> VectorIndex:
    """Open the index in a folder."""
    index = OnDiskIndex(folder).open("bench")
    if index is None:
        raise SystemExit(f"no index at {folder}")
    return index


def measure(folder: Path) -> None:
    """Open an index and search it; print times and memory as JSON."""
    queries = np.load(folder.parent / "queries.npy")
    chosen = np.load(folder.parent / "chosen.npy")
    use_threads()
    faiss()
    use_threads()
    before = resident()
    start = time.perf_counter()
    index = open_index(folder)
    index.search(queries[0], K)
    figures = {"open_s": time.perf_counter() - start}
    chosen_ids = strings([f"post-{i:08d}" for i in chosen])
    id_list = chosen_ids.to_pylist()
    runs: dict[str, Callable[[np.ndarray], object]] = {
        "alone": lambda q: index.search(q, K, distinct=True),
        # Ids as Python strings, looked up each time; then as an Arrow array, as in the app.
        "ids": lambda q: index.search(q, K, allowed=id_list, distinct=True),
        "again": lambda q: index.search(q, K, allowed=chosen_ids, distinct=True),
    }
    for name, run in runs.items():
        times = timed([run], queries)[0]
        figures[f"{name}_p50"], figures[f"{name}_p95"] = np.percentile(times, (50, 95)).tolist()
    print(json.dumps(figures | {"start_mb": before["all"]} | resident()))


def resident() -> dict[str, float]:
    """Return the resident megabytes of this process: its own, of mapped files, and all."""
    status = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in status)
    return {
        name: int(fields[key].split()[0]) / 1024
        for name, key in (("own", "RssAnon"), ("files", "RssFile"), ("all", "VmRSS"))
    }


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
