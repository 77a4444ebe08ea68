"""Sorting a kept index's vectors into lists: ``python -m backend.search FOLDER``.

It takes minutes for a million vectors, so that a process of its own does it,
politely, while others search the same vectors by comparing all of them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from backend.core.device import use_threads
from backend.core.job_runners import start_process
from backend.search.index import on_disk
from backend.search.index.ivf import build_lists, byte_offsets
from backend.search.index.on_disk import ListsInfo, OnDiskIndex
from backend.search.index.scanners import HalfScanner, faiss

GOAL = 0.993  # of the ten nearest; no more lists are read than find so many
LISTS_A_ROOT = 4  # lists: so many times the root of the number of vectors
NEAREST = 10
LISTING = ".listing.lock"
_NICE = 10
_SAME = 1e-5  # scores that differ by less are equal but for rounding
_BLOCK = 65_536  # vectors compared with the queries at a time

log = logging.getLogger(__name__)


def make(
    index: OnDiskIndex, *, progress: Callable[[int, int], None] | None = None
) -> ListsInfo | None:
    """Make the lists of an index that has none, measure them, and put them in place.

    Parameters
    ----------
    index : OnDiskIndex
    progress : callable, optional
        Gets vectors done and in all.

    Returns
    -------
    Lists or None
        None when there is nothing to do, also because another process did it
        while this one waited, or the base was replaced meanwhile.
    """
    if not index.folder.is_dir():
        return None
    # Whoever is at it may be at an older base, so that it is no reason to go away.
    with FileLock(index.folder / LISTING, is_singleton=False):
        return _make(index, progress)


def _make(index: OnDiskIndex, progress: Callable[[int, int], None] | None) -> ListsInfo | None:
    head = index.head()
    if head is None or head.flat is None:
        return None
    scanner = HalfScanner(on_disk.open_mapped(index.folder / head.flat / on_disk.FLAT))
    # Now: once another base is in place this one's files are gone.
    queries = np.load(index.folder / head.base / on_disk.QUERIES)
    start = time.monotonic()
    count = max(1, int(LISTS_A_ROOT * np.sqrt(len(scanner))))
    made = build_lists(scanner.vectors, count, progress=progress)
    taken = time.monotonic() - start
    _, scores = nearest(scanner.vectors, queries, NEAREST)
    probes, recall = chosen(made, queries, scores)
    with index.writing():
        now = index.head()
        if now is None or now.flat != head.flat:
            return None
        with index.part("lists") as (folder, name):
            faiss().write_index(made, str(folder / on_disk.LISTED))
            np.save(folder / on_disk.BYTE_OFFSETS, byte_offsets(made, folder / on_disk.LISTED))
        told = ListsInfo(name, count, probes, round(recall, 4), len(queries), round(taken, 1))
        index.put(replace(now, flat=None, lists=told))
        return told


def chosen(lists: Any, queries: np.ndarray, best: np.ndarray) -> tuple[int, float]:
    """The fewest lists to read that find `GOAL` of the best scores, and what they find."""
    low, high = 0, 1
    while high < lists.nlist and found(lists, queries, best, high) < GOAL:
        low, high = high, min(2 * high, lists.nlist)
    while high - low > max(1, low // 8):
        middle = (low + high) // 2
        if found(lists, queries, best, middle) < GOAL:
            low = middle
        else:
            high = middle
    return high, found(lists, queries, best, high)


def found(lists: Any, queries: np.ndarray, best: np.ndarray, probes: int) -> float:
    """Share of the best that reading so many lists finds."""
    parameters = faiss().SearchParametersIVF(nprobe=probes)
    scores, _ = lists.search(queries, best.shape[1], params=parameters)
    # By score, not by position: of several that are the same, any will do.
    least = best.min(axis=1, keepdims=True) - _SAME
    return float((scores >= least).mean())


def nearest(vectors: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions and scores of the `k` nearest of each query, ``(len(queries), k)`` each."""
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
    """Make the lists of the index in a folder, without being in anybody's way."""
    os.nice(_NICE)
    faiss()
    use_threads()
    make(OnDiskIndex(folder))


_started: set[tuple[Path, str]] = set()
_starting = threading.Lock()


def begin(index: OnDiskIndex) -> None:
    """Have another process make the lists, once for each base."""
    head = index.head()
    if head is None or head.flat is None:
        return
    with _starting:
        key = (index.folder, head.flat)
        if key in _started:
            return
        _started.add(key)
    process = start_process("backend.search", [str(index.folder.resolve())])
    threading.Thread(target=_wait, args=(process, index.folder), daemon=True).start()


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for the process, which would otherwise stay a zombie."""
    if code := process.wait():
        message = "making the lists at %s failed with exit code %s; all vectors are compared"
        log.warning(message, folder, code)
