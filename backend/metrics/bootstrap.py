"""Classification metrics with bootstrap intervals, resampled by group, all draws at once."""

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
    """Predictions of one system for the test posts of all runs.

    Attributes
    ----------
    labels : numpy.ndarray
        ``(n,)`` int64.
    probabilities : numpy.ndarray
        ``(n, classes)``.
    runs : numpy.ndarray
        ``(n,)`` int64: scores of different runs are never compared.
    groups : numpy.ndarray
        ``(n,)`` str: posts of one group are resampled together.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    runs: np.ndarray
    groups: np.ndarray

    @cached_property
    def draws(self) -> np.ndarray:
        """Weight of each post in each draw, ``(1 + DRAWS, n)``; all ones in the first row."""
        names, codes = np.unique(self.groups, return_inverse=True)
        rng = np.random.default_rng(SEED)
        counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
        return np.concatenate([np.ones((1, len(codes))), counts[:, codes]]).astype(np.float64)

    def measure(self, name: str) -> np.ndarray:
        """Return one of `MEASURES`, ``(1 + DRAWS,)``: the value, then that of each draw."""
        values: np.ndarray = _MEASURES[name](self)
        return values

    @cached_property
    def _confusion(self) -> np.ndarray:
        """Confusion matrices ``(1 + DRAWS, classes, classes)``: true class by predicted class."""
        classes = self.probabilities.shape[1]
        cell = self.labels * classes + self.probabilities.argmax(1)
        counts = np.stack([self.draws @ (cell == c) for c in range(classes**2)], axis=1)
        return counts.reshape(-1, classes, classes)


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return value, low and high of a `Predictions.measure`, or of a difference of two."""
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return float(values[0]), float(low), float(high)


def _f1(predictions: Predictions) -> np.ndarray:
    """F1 of each class, weighted by support (JTAV, sec. 4.1)."""
    hits, actual, predicted = _counts(predictions._confusion)
    return _weighted(2 * hits / np.maximum(actual + predicted, 1e-12), actual)


def _precision(predictions: Predictions) -> np.ndarray:
    """Precision of each class, weighted by support; 0 for a class never predicted."""
    hits, actual, predicted = _counts(predictions._confusion)
    return _weighted(hits / np.maximum(predicted, 1e-12), actual)


def _accuracy(predictions: Predictions) -> np.ndarray:
    hits, actual, _ = _counts(predictions._confusion)
    return np.asarray(hits.sum(1) / actual.sum(1))


def _auc(predictions: Predictions) -> np.ndarray:
    """Area under the ROC curve of each class, weighted by support; mean of the runs."""
    total = np.zeros(len(predictions.draws))
    weight = np.zeros(len(predictions.draws))
    for run in np.unique(predictions.runs):
        in_run = predictions.runs == run
        for c in range(predictions.probabilities.shape[1]):
            positive = predictions.labels[in_run] == c
            if not positive.any() or positive.all():
                continue
            area = _area(
                predictions.draws[:, in_run], predictions.probabilities[in_run, c], positive
            )
            support = predictions.draws[:, in_run] @ positive
            known = ~np.isnan(area)
            total += np.where(known, area, 0.0) * support
            weight += support * known
    return np.asarray(total / np.where(weight > 0, weight, np.nan))


def _area(draws: np.ndarray, scores: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Weighted Mann-Whitney statistic of each draw; ties count half."""
    values, rank = np.unique(scores, return_inverse=True)
    negatives = np.zeros((len(scores), len(values)))
    negatives[np.arange(len(scores)), rank] = ~positive
    at_rank = draws @ negatives
    below = np.cumsum(at_rank, axis=1) - at_rank / 2
    wins = (draws[:, positive] * below[:, rank[positive]]).sum(1)
    pairs = draws[:, positive].sum(1) * draws[:, ~positive].sum(1)
    return np.where(pairs > 0, wins / np.maximum(pairs, 1e-12), np.nan)


def _counts(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return hits, true posts and predicted posts of each class, ``(1 + DRAWS, classes)``."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    return hits, confusion.sum(2), confusion.sum(1)


def _weighted(values: np.ndarray, support: np.ndarray) -> np.ndarray:
    return np.asarray((values * support).sum(1) / support.sum(1))


_MEASURES: dict[str, Callable[[Predictions], np.ndarray]] = {
    "weighted AUC": _auc,
    "F1": _f1,
    "precision": _precision,
    "accuracy": _accuracy,
}
