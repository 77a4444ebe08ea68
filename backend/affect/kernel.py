"""The Gaussian kernel of heads that learn from few examples."""

from __future__ import annotations

import numpy as np


def kernel(
    left: np.ndarray, right: np.ndarray, gamma: float, squares: np.ndarray | None = None
) -> np.ndarray:
    """Gaussian kernel ``exp(-gamma * |x - y|^2)``, ``(n, m)``, of ``(n, d)`` and ``(m, d)``.

    `squares` ``(m,)`` are the squared lengths of `right`, where they are known.
    """
    lengths = (right**2).sum(1) if squares is None else squares
    square = (left**2).sum(1)[:, None] + lengths[None] - 2.0 * (left @ right.T)
    return np.exp(-gamma * np.maximum(square, 0.0))
