"""The Gaussian kernel of heads that learn from few examples."""

from __future__ import annotations

import numpy as np


def kernel(left: np.ndarray, right: np.ndarray, gamma: float) -> np.ndarray:
    """Gaussian kernel ``exp(-gamma * |x - y|^2)``, ``(n, m)``, of ``(n, d)`` and ``(m, d)``."""
    square = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2.0 * (left @ right.T)
    return np.exp(-gamma * np.maximum(square, 0.0))
