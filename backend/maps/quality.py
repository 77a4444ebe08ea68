"""The quality of a map: trustworthiness and stability."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.settings import SEED

NEIGHBOURS = 15
_QUERIES = 2_000  # points whose neighbours are compared on a large map
_SCORES = 2**24  # cosines at a time


def trustworthiness(
    vectors: np.ndarray, points: np.ndarray, *, k: int = NEIGHBOURS, queries: int = _QUERIES
) -> float:
    """Share of the neighbours on the map that are true neighbours (Venna & Kaski 2001).

    Each of the `k` nearest points on the map that is not among the `k` nearest vectors
    costs its rank beyond `k`; 1 is best, .5 is chance.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` of unit length.
    points : numpy.ndarray
        ``(n, 2)``.
    k : int
    queries : int
        Number of points to sample from a larger map; each is ranked against all.

    Returns
    -------
    float
        NaN for fewer than ``2 k`` points.
    """
    from scipy.spatial import cKDTree

    n = len(vectors)
    if n < 2 * k + 2:
        return float("nan")
    rows = np.arange(n)
    if n > queries:
        rows = np.sort(np.random.default_rng(SEED).choice(n, queries, replace=False))
    _, near = cKDTree(points).query(points[rows], k=k + 1)
    cost = 0.0
    block = max(_SCORES // n, 1)
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        scores = vectors[part] @ vectors.T
        scores[np.arange(len(part)), part] = np.inf
        near_block = near[start : start + block]
        for row, score, near_row in zip(part, scores, near_block, strict=True):
            others = near_row[near_row != row][:k]
            ranks = (score[None, :] > score[others][:, None]).sum(axis=1)
            cost += float(np.maximum(ranks - k, 0).sum())
    return 1.0 - 2.0 * cost / (len(rows) * k * (2 * n - 3 * k - 1))


def stability(
    labels: np.ndarray,
    relabel: Callable[[np.ndarray, int], np.ndarray],
    *,
    draws: int = 3,
    share: float = 0.8,
    max_points: int = 20_000,
) -> np.ndarray:
    """Measure how well each cluster recurs in subsamples (Hennig 2007).

    Parameters
    ----------
    labels : numpy.ndarray
        ``(n,)`` int, -1 for none.
    relabel : callable
        Maps rows and a seed to the labels of these rows in a map built from them.
    draws : int
    share : float
        Of the points, drawn without replacement.
    max_points : int
        Of a draw.

    Returns
    -------
    numpy.ndarray
        ``(clusters,)``: the mean Jaccard overlap with the best match.
    """
    rng = np.random.default_rng(SEED)
    n, clusters = len(labels), int(labels.max(initial=-1)) + 1
    jaccard = []
    for draw in range(draws):
        rows = np.sort(rng.choice(n, min(round(share * n), max_points), replace=False))
        jaccard.append(overlaps(labels[rows], relabel(rows, SEED + 1 + draw), clusters))
    return np.nanmean(jaccard, axis=0) if clusters and draws else np.full(clusters, np.nan)


def overlaps(one: np.ndarray, two: np.ndarray, clusters: int) -> np.ndarray:
    """Return the best Jaccard overlap of each cluster of one labelling with one of another.

    Parameters
    ----------
    one, two : numpy.ndarray
        ``(n,)`` int, -1 for none.
    clusters : int
        Of the first.

    Returns
    -------
    numpy.ndarray
        ``(clusters,)`` float; 0 where none overlaps.
    """
    width = int(two.max(initial=-1)) + 1
    shared = np.zeros((clusters, max(width, 1)))
    in_both = (one >= 0) & (two >= 0)
    np.add.at(shared, (one[in_both], two[in_both]), 1)
    size_one = np.bincount(one[one >= 0], minlength=clusters)[:, None]
    size_two = np.bincount(two[two >= 0], minlength=max(width, 1))[None]
    union = size_one + size_two - shared
    return np.where(union > 0, shared / np.maximum(union, 1), 0.0).max(axis=1)
