"""Which post to label next: one that the model is unsure of and that is unlike the labelled ones.

A logistic regression on joint vectors learns from the labels so far. Among the posts that it is
least sure of (the smallest margin between the two likeliest values; Scheffer et al. 2001), the
one farthest from every labelled post comes next (as in the k-center method, Sener & Savarese
2018), so that the queue does not ask for near copies. Before there are two values, only the
distance counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.metrics.proportions import wilson
from backend.settings import SEED

CANDIDATES = 4_000  # unlabelled posts that are looked at, drawn at random
UNSURE = 40  # of them, the least sure ones
FOLDS = 5
LEAST = 10  # labels from which the curve starts
_LABELLED = 1_000  # latest labelled posts from which candidates keep their distance


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the learning curve.

    Attributes
    ----------
    labels : int
        Labelled posts that were learnt from and predicted in turn.
    accuracy, low, high : float
        Cross-validated, with Wilson's 95 % interval.
    majority : float
        Of always naming the most frequent value.
    """

    labels: int
    accuracy: float
    low: float
    high: float
    majority: float


def train(vectors: np.ndarray, values: Sequence[str]):  # type: ignore[no-untyped-def]
    """Fit the head; None while all values are the same.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` of unit length.
    values : sequence of str
    """
    if len(set(values)) < 2:
        return None
    from sklearn.linear_model import LogisticRegression

    head = LogisticRegression(C=10.0, max_iter=300, class_weight="balanced", random_state=SEED)
    return head.fit(vectors, np.asarray(values, dtype=str))


def next_rows(
    vectors: np.ndarray, labelled: Sequence[int], values: Sequence[str], skipped: Sequence[int] = ()
) -> list[int]:
    """Return the rows to label next, the most useful first; empty if none is left.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` of all posts, unit length.
    labelled : sequence of int
        Rows that have a value, and `values` in the same order.
    values : sequence of str
    skipped : sequence of int
        Rows that are not asked for again.
    """
    free = np.setdiff1d(np.arange(len(vectors)), np.array([*labelled, *skipped], dtype=int))
    if not len(free):
        return []
    if len(free) > CANDIDATES:
        free = np.sort(np.random.default_rng(SEED).choice(free, CANDIDATES, replace=False))
    head = train(vectors[list(labelled)], values) if len(labelled) else None
    if head is not None:
        chances = np.sort(head.predict_proba(vectors[free]), axis=1)
        margin = chances[:, -1] - chances[:, -2]
        free = free[np.argsort(margin, kind="stable")[:UNSURE]]
    if not len(labelled):  # the most typical post comes first
        order = np.argsort(-(vectors[free] @ vectors.mean(axis=0)), kind="stable")
        return free[order[:1]].tolist() + free[order[:0:-1]][:UNSURE].tolist()
    known = vectors[list(labelled)[-_LABELLED:]]
    nearest = (vectors[free] @ known.T).max(axis=1)
    return free[np.argsort(nearest, kind="stable")][:UNSURE].tolist()


def curve(vectors: np.ndarray, values: Sequence[str]) -> list[Point]:
    """Return the learning curve over the labels in the order in which they were given.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)``.
    values : sequence of str
    """
    n = len(values)
    sizes = sorted({LEAST, *np.unique(np.geomspace(LEAST, max(n, LEAST), 8).astype(int)), n})
    return [p for size in sizes if LEAST <= size <= n and (p := _point(vectors, values, size))]


def _point(vectors: np.ndarray, values: Sequence[str], size: int) -> Point | None:
    from sklearn.model_selection import StratifiedKFold

    truth, rows = np.asarray(values[:size], dtype=str), vectors[:size]
    counts = np.unique(truth, return_counts=True)[1]
    if len(counts) < 2:
        return None
    folds = StratifiedKFold(min(FOLDS, max(int(counts.max()), 2)), shuffle=True, random_state=SEED)
    right = 0
    for fit, test in folds.split(rows, truth) if counts.min() >= FOLDS else _plain(size):
        head = train(rows[fit], truth[fit].tolist())
        guess = truth[fit][:1].repeat(len(test)) if head is None else head.predict(rows[test])
        right += int((guess == truth[test]).sum())
    low, high = map(float, wilson(right, size))
    return Point(size, right / size, low, high, float(counts.max() / size))


def _plain(size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return folds for values that are too rare to be spread evenly."""
    order = np.random.default_rng(SEED).permutation(size)
    parts = np.array_split(order, FOLDS)
    return [(np.setdiff1d(order, part), part) for part in parts]
