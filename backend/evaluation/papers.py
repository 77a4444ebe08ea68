"""What the papers' tables share: runs, predictions gathered over them, figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backend.evaluation.intervals import MEASURES, Predictions, interval
from backend.evaluation.result import Figure
from backend.training.labelled import FOLDS, Labelled


@dataclass
class Gathered:
    """Predictions of several systems for the tested posts of all runs."""

    posts: Labelled
    _parts: dict[str, list[tuple[np.ndarray, np.ndarray, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, system: str, rows: np.ndarray, shares: np.ndarray, run: int) -> None:
        """Keep what a system says of some rows, ``(m, classes)``, in one run."""
        self._parts[system].append((rows, shares, run))

    def predictions(self, system: str) -> Predictions:
        """All that a system said."""
        parts = self._parts[system]
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
        return list(self._parts)

    def figures(
        self, task: str, *, measures: Sequence[str] = MEASURES, against: str | None = None
    ) -> list[Figure]:
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
                found.append(Figure(task, system, name, value, low, high, len(said.labels)))
            if best is not None and system != against:
                value, low, high = interval(best - said.measure("F1"))
                metric = f"{against} minus this, F1"
                found.append(Figure(task, system, metric, value, low, high, len(said.labels)))
        return found


def runs_of(count: int | None, default: int) -> range:
    """The first folds; each is the test set of one run."""
    return range(min(count or default, FOLDS))
