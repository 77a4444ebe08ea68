"""Cross-validation: the runs of a table, and their predictions and metrics together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread

import numpy as np

from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.logistic import has_vector, logistic
from backend.core.device import resolve
from backend.core.process_tuning import tune_process
from backend.core.threads import single_thread_blas, threads, use_threads
from backend.metrics.bootstrap import MEASURES, Predictions, interval
from backend.metrics.result import Measurement
from backend.settings import settings

Parts = dict[str, list[tuple[np.ndarray, np.ndarray, int]]]  # rows, probabilities, run


@dataclass
class FoldResults:
    """Predictions of several systems for the test posts of all runs."""

    dataset: LabelledDataset
    parts: Parts = field(default_factory=dict)

    def add(self, system: str, rows: np.ndarray, probabilities: np.ndarray, run: int) -> None:
        """Add the probabilities, ``(m, classes)``, of a system for some rows in one run."""
        self.parts.setdefault(system, []).append((rows, probabilities, run))

    def classify(
        self, system: str, vectors: np.ndarray, fold: Fold, tested: np.ndarray | None = None
    ) -> None:
        """Add the probabilities of logistic regression on vectors (JTAV, sec. 4.1).

        Parameters
        ----------
        system : str
        vectors : numpy.ndarray
            ``(n, d)``; a row of NaN where a post has none. Such posts are left out.
        fold : Fold
        tested : numpy.ndarray, optional
            ``(n, d)``: the vectors of the test posts, where they are others.
        """
        tested = vectors if tested is None else tested
        predict = logistic(vectors, fold)
        rows = fold.where(has_vector(tested)).test_rows
        if len(rows):
            self.add(system, rows, predict(tested[rows]), fold.run)

    def extend(self, parts: Parts) -> None:
        """Add the results of other runs."""
        for system, results in parts.items():
            self.parts.setdefault(system, []).extend(results)

    def predictions(self, system: str) -> Predictions:
        """Return all predictions of a system."""
        parts = self.parts[system]
        rows = np.concatenate([r for r, _, _ in parts])
        return Predictions(
            labels=self.dataset.labels[rows],
            probabilities=np.concatenate([p for _, p, _ in parts]),
            runs=np.concatenate([np.full(len(r), run) for r, _, run in parts]),
            groups=self.dataset.groups[rows],
        )

    @property
    def systems(self) -> list[str]:
        """Their names, in the order in which they were added."""
        return list(self.parts)

    def measurements(self, task: str, *, reference: str | None = None) -> list[Measurement]:
        """Return every metric of every system.

        Parameters
        ----------
        task : str
        reference : str, optional
            A system: the paired difference of its F1 and each other system's is added.
        """
        rows = []
        best = self.predictions(reference).measure("F1") if reference else None
        for system in self.systems:
            predictions = self.predictions(system)
            metrics = {name: predictions.measure(name) for name in MEASURES}
            if best is not None and system != reference:
                metrics[f"{reference} minus this, F1"] = best - metrics["F1"]
            rows += [
                Measurement(task, system, name, *interval(values), len(predictions.labels))
                for name, values in metrics.items()
            ]
        return rows


Work = Callable[[FoldResults, Fold], None]


def cross_validate(
    dataset: LabelledDataset,
    runs: Sequence[int],
    work: Work,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> FoldResults:
    """Do every run, several at a time, each in a process and on one thread of its own.

    Networks of this size gain nothing from a second thread, and the last digits of their
    weights depend on the number of threads. Inputs should be in the cache beforehand
    (`backend.classifiers.unimodal.encode`), or each process encodes them itself.

    Parameters
    ----------
    dataset : LabelledDataset
    runs : sequence of int
    work : callable
        Adds the predictions of all systems in one fold; can be pickled.
    on_progress : callable, optional
        Called with the number of runs done.

    Returns
    -------
    FoldResults
        In the order of `runs`.
    """
    results = FoldResults(dataset)
    report = on_progress or (lambda done: None)
    count = min(threads(), len(runs)) if resolve(settings().device).name == "cpu" else 1
    if count < 2:
        for done, run in enumerate(runs, 1):
            work(results, dataset.fold(run))
            report(done)
        return results
    context = get_context("spawn")  # a fork would inherit the threads' locks
    with ProcessPoolExecutor(count, context, initializer=_start_worker) as pool:
        for done, parts in enumerate(pool.map(partial(_run, dataset, work), runs), 1):
            results.extend(parts)
            report(done)
    return results


def _start_worker() -> None:
    """Limit the process to one thread, and end it with its parent."""
    tune_process()
    settings().threads = 1
    use_threads()
    single_thread_blas()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Exit when the parent does: a killed parent cannot shut down its workers."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _run(dataset: LabelledDataset, work: Work, run: int) -> Parts:
    results = FoldResults(dataset)
    work(results, dataset.fold(run))
    return results.parts
