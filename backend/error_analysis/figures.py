"""Metrics with bootstrap intervals, the confusion matrix and metrics by class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backend.error_analysis.predictions import ScoredPredictions
from backend.metrics.calibration_error import around, calibration_error
from backend.metrics.proportions import wilson
from backend.settings import SEED

DRAWS = 500
# With more classes than this no AUC: it is resampled class by class, slowly, and says little.
MAX_AREAS = 12


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric with its 95 % interval.

    Attributes
    ----------
    name : str
    value, low, high : float
    description : str
        What the metric measures.
    """

    name: str
    value: float
    low: float
    high: float
    description: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """Precision, recall and F1 of one class.

    Attributes
    ----------
    name : str
    posts, predicted, correct : int
        Posts labelled with the class, posts predicted to be of it, and posts that are both.
    precision, recall : tuple of float
        Value, low and high; NaN without posts.
    f1 : float
    """

    name: str
    posts: int
    predicted: int
    correct: int
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    f1: float


def confusion(scored: ScoredPredictions) -> np.ndarray:
    """Counts ``(classes, classes)`` int64: rows are labels, columns predicted classes."""
    k = len(scored.classes)
    return np.bincount(scored.truth * k + scored.predicted, minlength=k * k).reshape(k, k)


def by_class(scored: ScoredPredictions) -> tuple[ClassRow, ...]:
    """Precision, recall and F1 of each class, in the order of the classes."""
    counts = confusion(scored)
    rows = []
    for i, name in enumerate(scored.classes):
        posts, predicted, correct = int(counts[i].sum()), int(counts[:, i].sum()), int(counts[i, i])
        rows.append(
            ClassRow(
                name,
                posts,
                predicted,
                correct,
                _rate(correct, predicted),
                _rate(correct, posts),
                2 * correct / (posts + predicted) if posts + predicted else float("nan"),
            )
        )
    return tuple(rows)


def _rate(successes: int, total: int) -> tuple[float, float, float]:
    low, high = wilson(successes, total)
    return successes / total if total else float("nan"), float(low), float(high)


def measures(scored: ScoredPredictions, draws: int = DRAWS) -> tuple[Measure, ...]:
    """Metrics of a model, with bootstrap intervals that resample groups of duplicates."""
    metrics: list[tuple[str, str, Callable[[ScoredPredictions], float]]] = [
        ("accuracy", "share of posts whose predicted class is their label", _accuracy),
        ("macro F1", "mean F1 of the classes, each weighing the same", _macro_f1),
        ("weighted F1", "mean F1 of the classes, weighted by their posts", _weighted_f1),
        ("calibration error", "mean gap between confidence and accuracy, in 10 bins", ece),
    ]
    if len(scored.classes) <= MAX_AREAS:
        description = "probability that a post of a class scores higher for it than another post"
        metrics.insert(3, ("weighted AUC", description, _weighted_auc))
    samples = [scored.take(rows) for rows in resamples(scored, draws)]
    found = []
    for name, description, measure in metrics:
        values = np.array([measure(one) for one in samples])
        values = values[np.isfinite(values)]
        value = measure(scored)
        if measure is ece:
            low, high = around(value, values)
        else:
            low, high = np.quantile(values, [0.025, 0.975]) if len(values) else (np.nan, np.nan)
        found.append(Measure(name, value, float(low), float(high), description))
    return tuple(found)


def resamples(scored: ScoredPredictions, draws: int, seed: int = SEED) -> list[np.ndarray]:
    """Rows of each of `draws` bootstrap samples; duplicates are drawn together."""
    rng = np.random.default_rng(seed)
    groups = np.array(scored.ground_truth.table["group"].to_pylist(), dtype=object)[scored.rows]
    _, codes = np.unique([str(g) for g in groups], return_inverse=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max() + 2))
    if len(starts) - 1 == len(scored):
        return [order[rng.integers(0, len(order), len(order))] for _ in range(draws)]
    parts = [order[a:b] for a, b in pairwise(starts)]
    return [
        np.concatenate([parts[i] for i in rng.integers(0, len(parts), len(parts))])
        for _ in range(draws)
    ]


def ece(scored: ScoredPredictions) -> float:
    """Expected calibration error over bins of equal width (Guo et al. 2017, eq. 3)."""
    return calibration_error(scored.confidence, scored.correct)


def _accuracy(scored: ScoredPredictions) -> float:
    return float(scored.correct.mean())


def _f1s(scored: ScoredPredictions) -> tuple[np.ndarray, np.ndarray]:
    counts = confusion(scored)
    posts = counts.sum(axis=1)
    both = posts + counts.sum(axis=0)
    return np.where(both > 0, 2 * np.diag(counts) / np.maximum(both, 1), np.nan), posts


def _macro_f1(scored: ScoredPredictions) -> float:
    return float(np.nanmean(_f1s(scored)[0]))


def _weighted_f1(scored: ScoredPredictions) -> float:
    scores, posts = _f1s(scored)
    return float(np.nansum(scores * posts) / posts.sum())


def _weighted_auc(scored: ScoredPredictions) -> float:
    from scipy.stats import rankdata  # large: not before it is needed

    areas, weights = [], []
    for i in range(len(scored.classes)):
        in_class = scored.truth == i
        successes, rest = int(in_class.sum()), int((~in_class).sum())
        if not successes or not rest:
            continue
        ranks = rankdata(scored.probability[:, i])
        areas.append((ranks[in_class].sum() - successes * (successes + 1) / 2) / (successes * rest))
        weights.append(successes)
    return float(np.average(areas, weights=weights)) if areas else float("nan")
