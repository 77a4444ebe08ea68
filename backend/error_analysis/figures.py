"""Measures with intervals, the confusion matrix and the table by class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import rankdata

from backend.error_analysis.judgements import ScoredPredictions
from backend.metrics.calibration import around, calibration_error
from backend.settings import SEED

DRAWS = 500
# Areas under the curve are resampled class by class; with many classes they tell little.
MOST_AREAS = 12
Z = 1.959964  # of the normal distribution's 97.5th percentile


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure with its 95 % interval.

    Attributes
    ----------
    name : str
    value, low, high : float
    says : str
        What it is, in a sentence.
    """

    name: str
    value: float
    low: float
    high: float
    says: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """How one class fares.

    Attributes
    ----------
    name : str
    posts, given, right : int
        Posts of the class, posts that were given it, and both.
    precision, recall : tuple of float
        Value, low and high; NaN without posts.
    f1 : float
    """

    name: str
    posts: int
    given: int
    right: int
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    f1: float


def wilson(hits: float, of: float) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); NaN of nothing.

    Examples
    --------
    >>> [round(v, 3) for v in wilson(8, 10)]
    [0.49, 0.943]
    """
    if of <= 0:
        return float("nan"), float("nan")
    share = hits / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * np.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def confusion(judged: ScoredPredictions) -> np.ndarray:
    """Counts ``(classes, classes)`` int64: a row is a label, a column what was given."""
    k = len(judged.classes)
    return np.bincount(judged.truth * k + judged.guess, minlength=k * k).reshape(k, k)


def by_class(judged: ScoredPredictions) -> tuple[ClassRow, ...]:
    """One row a class, in the order of the classes."""
    counts = confusion(judged)
    rows = []
    for i, name in enumerate(judged.classes):
        posts, given, right = int(counts[i].sum()), int(counts[:, i].sum()), int(counts[i, i])
        rows.append(
            ClassRow(
                name,
                posts,
                given,
                right,
                _share(right, given),
                _share(right, posts),
                2 * right / (posts + given) if posts + given else float("nan"),
            )
        )
    return tuple(rows)


def _share(hits: int, of: int) -> tuple[float, float, float]:
    return (hits / of if of else float("nan"), *wilson(hits, of))


def measures(judged: ScoredPredictions, draws: int = DRAWS) -> tuple[Measure, ...]:
    """Measure a model, each figure with a bootstrap interval over duplicate groups.

    Parameters
    ----------
    judged : ScoredPredictions
    draws : int

    Returns
    -------
    tuple of Measure
    """
    wanted: list[tuple[str, str, Callable[[ScoredPredictions], float]]] = [
        ("accuracy", "share of posts that got the class of their label", _accuracy),
        ("macro F1", "F1 of each class, every class counting the same", _macro_f1),
        ("weighted F1", "F1 of each class, weighted by its posts", _weighted_f1),
        ("calibration error", "mean gap between confidence and accuracy (10 bins)", ece),
    ]
    if len(judged.classes) <= MOST_AREAS:
        says = "chance that a post of a class scores higher for it than another post does"
        wanted.insert(3, ("weighted AUC", says, _weighted_auc))
    drawn = [judged.take(rows) for rows in resamples(judged, draws)]
    found = []
    for name, says, measure in wanted:
        values = np.array([measure(one) for one in drawn])
        values = values[np.isfinite(values)]
        value = measure(judged)
        if measure is ece:
            low, high = around(value, values)
        else:
            low, high = np.quantile(values, [0.025, 0.975]) if len(values) else (np.nan, np.nan)
        found.append(Measure(name, value, float(low), float(high), says))
    return tuple(found)


def resamples(judged: ScoredPredictions, draws: int, seed: int = SEED) -> list[np.ndarray]:
    """Places of posts drawn with replacement, duplicates of one thing together."""
    rng = np.random.default_rng(seed)
    groups = np.array(judged.labelled.table["group"].to_pylist(), dtype=object)[judged.rows]
    _, codes = np.unique([str(g) for g in groups], return_inverse=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max() + 2))
    if len(starts) - 1 == len(judged):
        return [order[rng.integers(0, len(order), len(order))] for _ in range(draws)]
    parts = [order[a:b] for a, b in pairwise(starts)]
    return [
        np.concatenate([parts[i] for i in rng.integers(0, len(parts), len(parts))])
        for _ in range(draws)
    ]


def ece(judged: ScoredPredictions) -> float:
    """Expected calibration error over bins of equal width (Guo et al. 2017, eq. 3)."""
    return calibration_error(judged.confidence, judged.right)


def _accuracy(judged: ScoredPredictions) -> float:
    return float(judged.right.mean())


def _f1s(judged: ScoredPredictions) -> tuple[np.ndarray, np.ndarray]:
    counts = confusion(judged)
    posts = counts.sum(axis=1)
    both = posts + counts.sum(axis=0)
    return np.where(both > 0, 2 * np.diag(counts) / np.maximum(both, 1), np.nan), posts


def _macro_f1(judged: ScoredPredictions) -> float:
    return float(np.nanmean(_f1s(judged)[0]))


def _weighted_f1(judged: ScoredPredictions) -> float:
    scores, posts = _f1s(judged)
    return float(np.nansum(scores * posts) / posts.sum())


def _weighted_auc(judged: ScoredPredictions) -> float:
    areas, weights = [], []
    for i in range(len(judged.classes)):
        mine = judged.truth == i
        hits, rest = int(mine.sum()), int((~mine).sum())
        if not hits or not rest:
            continue
        ranks = rankdata(judged.probability[:, i])
        areas.append((ranks[mine].sum() - hits * (hits + 1) / 2) / (hits * rest))
        weights.append(hits)
    return float(np.average(areas, weights=weights)) if areas else float("nan")
