"""Arithmetic on vectors that every part shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

SHORTEST = 1e-6  # half-precision vectors are not exact beyond this


def normalize(vectors: ArrayLike) -> np.ndarray:
    """Scale vectors to unit length along the last axis.

    Parameters
    ----------
    vectors : array_like
        ``(..., dim)``.

    Returns
    -------
    numpy.ndarray
        The same shape; float32, or float64 for float64. Vectors that are shorter than
        `SHORTEST` or not finite have no direction and become zeros.
    """
    rows = np.asarray(vectors)
    if rows.dtype not in (np.float32, np.float64):
        rows = rows.astype(np.float32)
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    usable = (length > SHORTEST) & np.isfinite(length)
    return np.divide(rows, length, out=np.zeros_like(rows), where=usable)
