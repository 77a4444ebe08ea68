"""Metrics of ranked lists."""

from __future__ import annotations

import numpy as np


def average_precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Average precision: mean of the precision at the rank of each relevant item; 0 without one.

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.5, 0.1]), np.array([True, False, True]))
    0.8333333333333333
    """
    ranked = relevant[np.argsort(-scores, kind="stable")]
    if not ranked.any():
        return 0.0
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())
