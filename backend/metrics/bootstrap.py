"""Bootstrap intervals of classification measures, drawn by group, all draws at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.settings import SEED

DRAWS = 500
MEASURES = ("weighted AUC", "F1", "precision", "accuracy")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a system says of the tested posts of all runs.

    Attributes
    ----------
    labels : numpy.ndarray
        ``(n,)`` int64.
    shares : numpy.ndarray
        ``(n, classes)`` probabilities.
    runs : numpy.ndarray
        ``(n,)`` int64: scores of different runs are never compared.
    groups : numpy.ndarray
        ``(n,)`` str: drawn together.
    """

    labels: np.ndarray
    shares: np.ndarray
    runs: np.ndarray
    groups: np.ndarray

    @cached_property
    def draws(self) -> np.ndarray:
        """``(1 + DRAWS, n)``: how often each post counts; once each in the first row."""
        names, codes = np.unique(self.groups, return_inverse=True)
        rng = np.random.default_rng(SEED)
        counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
        return np.concatenate([np.ones((1, len(codes))), counts[:, codes]]).astype(np.float64)

    def measure(self, name: str) -> np.ndarray:
        """One of `MEASURES`, ``(1 + DRAWS,)``: the value, then one for each draw."""
        found: np.ndarray = _MEASURES[name](self)
        return found

    @cached_property
    def _confusion(self) -> np.ndarray:
        """``(1 + DRAWS, classes, classes)``: truth by guess."""
        classes = self.shares.shape[1]
        cell = self.labels * classes + self.shares.argmax(1)
        found = np.stack([self.draws @ (cell == c) for c in range(classes**2)], axis=1)
        return found.reshape(-1, classes, classes)


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Value, low and high of what `Predictions.measure` gave, or of a difference of two."""
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return float(values[0]), float(low), float(high)


def _f1(given: Predictions) -> np.ndarray:
    """F1 of each class, weighted by support (JTAV, sec. 4.1)."""
    hit, truth, guess = _counts(given._confusion)
    return _weighted(2 * hit / np.maximum(truth + guess, 1e-12), truth)


def _precision(given: Predictions) -> np.ndarray:
    """Precision of each class, weighted by support; 0 for a class never guessed."""
    hit, truth, guess = _counts(given._confusion)
    return _weighted(hit / np.maximum(guess, 1e-12), truth)


def _accuracy(given: Predictions) -> np.ndarray:
    hit, truth, _ = _counts(given._confusion)
    return np.asarray(hit.sum(1) / truth.sum(1))


def _auc(given: Predictions) -> np.ndarray:
    """Area under the ROC curve of each class, weighted by support; mean of the runs."""
    total = np.zeros(len(given.draws))
    weight = np.zeros(len(given.draws))
    for run in np.unique(given.runs):
        mine = given.runs == run
        for c in range(given.shares.shape[1]):
            positive = given.labels[mine] == c
            if not positive.any() or positive.all():
                continue
            area = _area(given.draws[:, mine], given.shares[mine, c], positive)
            support = given.draws[:, mine] @ positive
            known = ~np.isnan(area)
            total += np.where(known, area, 0.0) * support
            weight += support * known
    return np.asarray(total / np.where(weight > 0, weight, np.nan))


def _area(draws: np.ndarray, scores: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Weighted Mann-Whitney statistic of each draw; ties count half."""
    values, place = np.unique(scores, return_inverse=True)
    rows = np.zeros((len(scores), len(values)))
    rows[np.arange(len(scores)), place] = ~positive
    lower = draws @ rows
    below = np.cumsum(lower, axis=1) - lower / 2
    wins = (draws[:, positive] * below[:, place[positive]]).sum(1)
    pairs = draws[:, positive].sum(1) * draws[:, ~positive].sum(1)
    return np.where(pairs > 0, wins / np.maximum(pairs, 1e-12), np.nan)


def _counts(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hit = np.diagonal(confusion, axis1=1, axis2=2)
    return hit, confusion.sum(2), confusion.sum(1)


def _weighted(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.asarray((values * truth).sum(1) / truth.sum(1))


_MEASURES: dict[str, Callable[[Predictions], np.ndarray]] = {
    "weighted AUC": _auc,
    "F1": _f1,
    "precision": _precision,
    "accuracy": _accuracy,
}
