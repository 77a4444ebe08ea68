"""What the papers' tables share: runs, predictions gathered over them, figures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread

import numpy as np

from backend.classifiers.dataset import FOLDS, LabelledDataset
from backend.core.device import resolve, single_thread_blas, threads, use_threads
from backend.metrics.bootstrap import MEASURES, Predictions, interval
from backend.metrics.result import Measurement
from backend.settings import settings

Parts = dict[str, list[tuple[np.ndarray, np.ndarray, int]]]  # rows, shares, run


@dataclass
class FoldResults:
    """Predictions of several systems for the tested posts of all runs."""

    posts: LabelledDataset
    parts: Parts = field(default_factory=dict)

    def add(self, system: str, rows: np.ndarray, shares: np.ndarray, run: int) -> None:
        """Keep what a system says of some rows, ``(m, classes)``, in one run."""
        self.parts.setdefault(system, []).append((rows, shares, run))

    def extend(self, parts: Parts) -> None:
        """Take over what was gathered elsewhere."""
        for system, some in parts.items():
            self.parts.setdefault(system, []).extend(some)

    def predictions(self, system: str) -> Predictions:
        """All that a system said."""
        parts = self.parts[system]
        rows = np.concatenate([r for r, _, _ in parts])
        return Predictions(
            labels=self.posts.labels[rows],
            shares=np.concatenate([s for _, s, _ in parts]),
            runs=np.concatenate([np.full(len(r), run) for r, _, run in parts]),
            groups=self.posts.groups[rows],
        )

    @property
    def systems(self) -> list[str]:
        """In the order they came."""
        return list(self.parts)

    def figures(
        self, task: str, *, measures: Sequence[str] = MEASURES, against: str | None = None
    ) -> list[Measurement]:
        """Every measure of every system.

        Parameters
        ----------
        task : str
        measures : sequence of str
        against : str, optional
            A system whose F1 the others' is subtracted from, post by post.
        """
        found = []
        best = self.predictions(against).measure("F1") if against else None
        for system in self.systems:
            said = self.predictions(system)
            for name in measures:
                value, low, high = interval(said.measure(name))
                found.append(Measurement(task, system, name, value, low, high, len(said.labels)))
            if best is not None and system != against:
                value, low, high = interval(best - said.measure("F1"))
                metric = f"{against} minus this, F1"
                found.append(Measurement(task, system, metric, value, low, high, len(said.labels)))
        return found


Work = Callable[[FoldResults, int], None]


def gather(
    posts: LabelledDataset,
    runs: Sequence[int],
    work: Work,
    *,
    told: Callable[[int], None] | None = None,
) -> FoldResults:
    """Do every run, several at a time, each in a process and on one thread of its own.

    Networks as small as these gain nothing from a second thread, and what they learn
    depends on the number of threads in its last digits. What all of them encode should be
    in the cache (`backend.classifiers.unimodal.read`): each would encode it for itself.

    Parameters
    ----------
    posts : LabelledDataset
    runs : sequence of int
    work : callable
        Adds what all systems say in one run; can be pickled.
    told : callable, optional
        Called with the number of runs that are done.

    Returns
    -------
    FoldResults
        In the order of `runs`.
    """
    gathered = FoldResults(posts)
    tell = told or (lambda done: None)
    count = min(threads(), len(runs)) if resolve(settings().device).name == "cpu" else 1
    if count < 2:
        for done, run in enumerate(runs, 1):
            work(gathered, run)
            tell(done)
        return gathered
    context = get_context("spawn")  # a fork would inherit the threads' locks
    with ProcessPoolExecutor(count, context, initializer=_begin) as pool:
        for done, parts in enumerate(pool.map(partial(_alone, posts, work), runs), 1):
            gathered.extend(parts)
            tell(done)
    return gathered


def _begin() -> None:
    """Prepare a process: one thread, whatever is loaded later, and an end with its parent."""
    settings().threads = 1
    use_threads()
    single_thread_blas()
    Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """End with the parent: killed, it cannot say that no more work comes."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _alone(posts: LabelledDataset, work: Work, run: int) -> Parts:
    gathered = FoldResults(posts)
    work(gathered, run)
    return gathered.parts


def counted(
    progress: Callable[[int, int], None] | None, place: int, sets: int, runs: int
) -> Callable[[int], None]:
    """Tell the runs done of one set, the `place`-th of `sets`, as runs done of all."""

    def told(done: int) -> None:
        if progress is not None:
            progress(place * runs + done, sets * runs)

    return told


def runs_of(count: int | None, default: int) -> range:
    """The first folds; each is the test set of one run."""
    return range(min(count or default, FOLDS))
