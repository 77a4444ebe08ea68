"""Measures of ranked lists."""

from __future__ import annotations

import numpy as np


def average_precision(scores: np.ndarray, true: np.ndarray) -> float:
    """Mean of the precision at the place of each true one; 0 when there is none.

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.5, 0.1]), np.array([True, False, True]))
    0.8333333333333333
    """
    ranked = true[np.argsort(-scores, kind="stable")]
    if not ranked.any():
        return 0.0
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())
