"""Sort the vectors of an index on disk into lists: ``python -m backend.search.index FOLDER``.

It takes minutes for a million vectors, so a separate process does it at low priority,
while others search the same vectors by comparing all of them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from backend.core.job_runners import start_process
from backend.core.progress import Progress
from backend.core.threads import use_threads
from backend.search.index import on_disk
from backend.search.index.ivf import build_lists, byte_offsets
from backend.search.index.on_disk import ListsInfo, OnDiskIndex
from backend.search.index.scanners import HalfScanner, faiss

GOAL = 0.993  # recall of the ten nearest; a query reads the fewest lists that reach it
LISTS_PER_ROOT = 4  # number of lists: this times the root of the number of vectors
NEAREST = 10
LISTING = ".listing.lock"
_NICE = 10
_SAME = 1e-5  # scores that differ by less are equal but for rounding
_BLOCK = 65_536  # vectors compared with the queries at a time

log = logging.getLogger(__name__)


def make(index: OnDiskIndex, *, progress: Progress | None = None) -> ListsInfo | None:
    """Build the lists of an index that has none, measure their recall, and store them.

    `progress` is called with the vectors done and the total. Returns None when there is
    nothing to do, also because another process did it while this one waited, or when the
    base was replaced meanwhile.
    """
    if not index.folder.is_dir():
        return None
    # Wait for any other process rather than give up: it may build the lists of an older base.
    with FileLock(index.folder / LISTING, is_singleton=False):
        return _make(index, progress)


def _make(index: OnDiskIndex, progress: Progress | None) -> ListsInfo | None:
    head = index.head()
    if head is None or head.flat is None:
        return None
    scanner = HalfScanner(on_disk.open_mapped(index.folder / head.flat / on_disk.FLAT))
    # Read now: these files are deleted when another base replaces this one.
    queries = np.load(index.folder / head.base / on_disk.QUERIES)
    start = time.monotonic()
    count = max(1, int(LISTS_PER_ROOT * np.sqrt(len(scanner))))
    lists = build_lists(scanner.vectors, count, progress=progress)
    seconds = round(time.monotonic() - start, 1)
    _, scores = nearest(scanner.vectors, queries, NEAREST)
    probes, recall = choose_probes(lists, queries, scores)
    with index.writing():
        current = index.head()
        if current is None or current.flat != head.flat:
            return None
        with index.part("lists") as (folder, name):
            faiss().write_index(lists, str(folder / on_disk.LISTED))
            np.save(folder / on_disk.BYTE_OFFSETS, byte_offsets(lists, folder / on_disk.LISTED))
        info = ListsInfo(name, count, probes, round(recall, 4), len(queries), seconds)
        index.put(replace(current, flat=None, lists=info))
        return info


def choose_probes(lists: Any, queries: np.ndarray, best: np.ndarray) -> tuple[int, float]:
    """Return the smallest number of lists to read that reaches `GOAL`, and its recall."""
    low, high = 0, 1
    while high < lists.nlist and recall_of(lists, queries, best, high) < GOAL:
        low, high = high, min(2 * high, lists.nlist)
    while high - low > max(1, low // 8):
        middle = (low + high) // 2
        if recall_of(lists, queries, best, middle) < GOAL:
            low = middle
        else:
            high = middle
    return high, recall_of(lists, queries, best, high)


def recall_of(lists: Any, queries: np.ndarray, best: np.ndarray, probes: int) -> float:
    """Return the share of the best scores that a search of `probes` lists reaches."""
    parameters = faiss().SearchParametersIVF(nprobe=probes)
    scores, _ = lists.search(queries, best.shape[1], params=parameters)
    # By score, not by position: any of several equal vectors is right.
    least = best.min(axis=1, keepdims=True) - _SAME
    return float((scores >= least).mean())


def nearest(vectors: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and scores of the `k` nearest of each query, ``(len(queries), k)`` each."""
    best = np.empty((len(queries), 0), dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        block = queries @ vectors[start : start + _BLOCK].astype(np.float32).T
        rows = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        scores, best = np.hstack([scores, block]), np.hstack([best, rows])
        keep = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        scores, best = np.take_along_axis(scores, keep, 1), np.take_along_axis(best, keep, 1)
    return best, scores


def main(folder: Path) -> None:
    """Build the lists of the index in a folder, at low priority."""
    os.nice(_NICE)
    faiss()
    use_threads()
    make(OnDiskIndex(folder))


_started: set[tuple[Path, str]] = set()
_starting = threading.Lock()


def begin(index: OnDiskIndex) -> None:
    """Start another process that builds the lists, once for each base."""
    head = index.head()
    if head is None or head.flat is None:
        return
    with _starting:
        key = (index.folder, head.flat)
        if key in _started:
            return
        _started.add(key)
    process = start_process("backend.search.index", [str(index.folder.resolve())])
    threading.Thread(target=_wait, args=(process, index.folder), daemon=True).start()


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for the process, which would otherwise stay a zombie."""
    if code := process.wait():
        message = "building the lists at %s failed with exit code %s; all vectors are compared"
        log.warning(message, folder, code)
