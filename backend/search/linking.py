"""Building the graph of a kept index: ``python -m backend.search FOLDER``.

It takes minutes for a million vectors, so that a process of its own does it,
politely, while others search the same vectors by comparing all of them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from backend.device import use_threads
from backend.search import kept
from backend.search.kept import Graph, Kept
from backend.search.scanners import NEIGHBOURS, HalfScanner, faiss, linked
from backend.settings import ROOT

GOAL = 0.99  # of the ten nearest; the narrowest walk that finds so many is chosen
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
NEAREST = 10
LINKING = ".linking.lock"
_NICE = 10
_BLOCK = 65_536  # vectors compared with the queries at a time

log = logging.getLogger(__name__)


def link(index: Kept, *, progress: Callable[[int, int], None] | None = None) -> Graph | None:
    """Build the graph of an index that has none, measure it, and put it in place.

    Parameters
    ----------
    index : Kept
    progress : callable, optional
        Gets vectors done and in all.

    Returns
    -------
    Graph or None
        None when there is nothing to do, another process is at it, or the
        base was replaced meanwhile.
    """
    if not index.folder.is_dir():
        return None
    try:
        with FileLock(index.folder / LINKING, timeout=0):
            return _link(index, progress)
    except Timeout:
        return None


def _link(index: Kept, progress: Callable[[int, int], None] | None) -> Graph | None:
    head = index.head()
    if head is None or head.graph is not None:
        return None
    base = index.folder / head.base
    scanner = HalfScanner(kept.mapped(base / kept.VECTORS))
    start = time.monotonic()
    graph = linked(scanner.vectors, progress=progress)
    taken = time.monotonic() - start
    queries = np.load(base / kept.QUERIES)
    best = nearest(scanner.vectors, queries, NEAREST)
    for width in WIDTHS:
        recall = measured(graph, queries, best, width)
        if recall >= GOAL:
            break
    with index.writing():
        now = index.head()
        if now is None or now.base != head.base or now.graph is not None:
            return None
        with index.part("graph") as (folder, name):
            faiss().write_index(graph, str(folder / kept.LINKS), faiss().IO_FLAG_SKIP_STORAGE)
        made = Graph(name, NEIGHBOURS, width, round(recall, 4), len(queries), round(taken, 1))
        index.put(replace(now, graph=made))
        return made


def nearest(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """Positions of the `k` nearest of each query by comparing all, ``(len(queries), k)``."""
    best = np.empty((len(queries), 0), dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        block = queries @ vectors[start : start + _BLOCK].astype(np.float32).T
        rows = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        scores, best = np.hstack([scores, block]), np.hstack([best, rows])
        keep = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        scores, best = np.take_along_axis(scores, keep, 1), np.take_along_axis(best, keep, 1)
    return best


def measured(graph: object, queries: np.ndarray, best: np.ndarray, width: int) -> float:
    """Share of the best that walks of a width find."""
    parameters = faiss().SearchParametersHNSW(efSearch=width)
    _, found = graph.search(queries, best.shape[1], params=parameters)  # type: ignore[attr-defined]
    hits = [len(set(a) & set(b)) for a, b in zip(found.tolist(), best.tolist(), strict=True)]
    return float(np.mean(hits)) / best.shape[1]


def main(folder: Path) -> None:
    """Build the graph of the index in a folder, without being in anybody's way."""
    os.nice(_NICE)
    faiss()
    use_threads()
    link(Kept(folder))


_started: set[tuple[Path, str]] = set()
_starting = threading.Lock()


def begin(index: Kept) -> None:
    """Have another process build the graph, once for each base."""
    head = index.head()
    if head is None or head.graph is not None:
        return
    with _starting:
        key = (index.folder, head.base)
        if key in _started:
            return
        _started.add(key)
    command = [sys.executable, "-m", "backend.search", str(index.folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    # Somebody must take note of its end.
    threading.Thread(target=_wait, args=(process, index.folder), daemon=True).start()


def _wait(process: subprocess.Popen, folder: Path) -> None:
    if code := process.wait():
        log.warning("building the graph at %s ended with %s; vectors are compared", folder, code)
