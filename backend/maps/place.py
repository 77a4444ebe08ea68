"""Where something new lies: between its neighbours. Nothing is fitted or transformed."""

from __future__ import annotations

import numpy as np

from backend.maps import graph

NEIGHBOURS = 10


def place(
    vectors: np.ndarray, known: np.ndarray, points: np.ndarray, *, k: int = NEIGHBOURS
) -> tuple[np.ndarray, np.ndarray]:
    """Place vectors among those that have a point.

    The point is the median of the nearest ones' points, pulled to the nearest
    of all: a mean would put what lies between two clusters into the void.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(m, dim)`` of unit length, centred as `known`.
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
    found, distances = graph.neighbours(known, k, queries=vectors)
    found = np.where(found < 0, found[:, :1], found)
    there = points[found]  # (m, k, 2)
    middle = np.median(there, axis=1)
    near = np.linalg.norm(there - middle[:, None], axis=2)
    scale = np.median(near, axis=1, keepdims=True) + 1e-6
    weight = np.exp(-0.5 * (near / (2 * scale)) ** 2) / (distances + 1e-3)
    weight /= weight.sum(axis=1, keepdims=True)
    return (there * weight[..., None]).sum(axis=1).astype(np.float32), found


def majority(codes: np.ndarray) -> np.ndarray:
    """The most frequent code of each row; of equal ones the first to come.

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
