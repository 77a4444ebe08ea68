"""Arithmetic on vectors that every part shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_SHRUNK = 10  # members: of fewer, a mean says more about them than about their group
_BLOCK = 20_000  # rows measured at a time
SHORTEST = 1e-6  # half-precision vectors are not exact beyond this


def normalize(vectors: ArrayLike, *, in_place: bool = False) -> np.ndarray:
    """Scale vectors to unit length along the last axis.

    Parameters
    ----------
    vectors : array_like
        ``(..., dim)``.
    in_place : bool
        Overwrite `vectors`, float32 or float64: many take hundreds of megabytes.

    Returns
    -------
    numpy.ndarray
        The same shape; float32, or float64 for float64. Vectors that are shorter than
        `SHORTEST` or not finite have no direction and become zeros.
    """
    rows = np.asarray(vectors)
    if rows.dtype not in (np.float32, np.float64):
        rows = rows.astype(np.float32)
    length = _lengths(rows)
    usable = (length > SHORTEST) & np.isfinite(length)
    out = rows if in_place else np.zeros_like(rows)
    np.divide(rows, length, out=out, where=usable)
    if in_place:
        out[~usable[..., 0]] = 0
    return out


def _lengths(rows: np.ndarray) -> np.ndarray:
    """Return the length of each vector, ``(..., 1)``; numpy copies what it measures at once."""
    if rows.ndim != 2 or len(rows) <= _BLOCK:
        return np.asarray(np.linalg.norm(rows, axis=-1, keepdims=True))
    blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
    return np.concatenate([np.linalg.norm(block, axis=1, keepdims=True) for block in blocks])


def centred_by_group(vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Subtract the mean of all and that of each group, and scale to unit length.

    The mean of a group with few members counts less.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)``.
    groups : numpy.ndarray
        ``(n,)`` of str or None, for members of no group.

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32.
    """
    rest = np.asarray(vectors, dtype=np.float32) - vectors.mean(axis=0)
    names = sorted({name for name in groups.tolist() if name})
    if len(names) > 1:
        for name in names:
            rows = np.flatnonzero(groups == name)
            rest[rows] -= len(rows) / (len(rows) + _SHRUNK) * rest[rows].mean(axis=0)
    return normalize(rest, in_place=True)
