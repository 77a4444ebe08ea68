"""Place new vectors on a map between their neighbours, without fitting it again."""

from __future__ import annotations

import numpy as np

from backend.maps import graph

NEIGHBOURS = 10


def place(
    vectors: np.ndarray, known: np.ndarray, points: np.ndarray, *, k: int = NEIGHBOURS
) -> tuple[np.ndarray, np.ndarray]:
    """Place vectors among those that have a point.

    The point is near the median of the points of the neighbours, weighted towards the
    nearest: a mean would place a vector between two clusters into empty space.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(m, dim)`` of unit length, centred by the mean of `known`.
    known : numpy.ndarray
        ``(n, dim)`` of unit length.
    points : numpy.ndarray
        ``(n, 2)``.
    k : int

    Returns
    -------
    xy : numpy.ndarray
        ``(m, 2)`` float32.
    neighbours : numpy.ndarray
        ``(m, k)`` int32, rows of `known`, nearest first.
    """
    indices, distances = graph.neighbours(known, k, queries=vectors)
    indices = np.where(indices < 0, indices[:, :1], indices)
    near_points = points[indices]  # (m, k, 2)
    median = np.median(near_points, axis=1)
    distance_to_median = np.linalg.norm(near_points - median[:, None], axis=2)
    scale = np.median(distance_to_median, axis=1, keepdims=True) + 1e-6
    weight = np.exp(-0.5 * (distance_to_median / (2 * scale)) ** 2) / (distances + 1e-3)
    weight /= weight.sum(axis=1, keepdims=True)
    return (near_points * weight[..., None]).sum(axis=1).astype(np.float32), indices


def majority(codes: np.ndarray) -> np.ndarray:
    """Return the most frequent code of each row; of ties the first.

    Parameters
    ----------
    codes : numpy.ndarray
        ``(m, k)`` int.

    Returns
    -------
    numpy.ndarray
        ``(m,)`` int32.
    """
    votes = (codes[:, :, None] == codes[:, None, :]).sum(axis=2)
    return codes[np.arange(len(codes)), votes.argmax(axis=1)].astype(np.int32)
