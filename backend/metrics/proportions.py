"""95 % intervals of proportions and of their differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

Z = 1.959964  # of the normal distribution's 97.5th percentile


def wilson(successes: ArrayLike, totals: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of each proportion (Wilson 1927, eq. 6); NaN for a total of 0.

    Examples
    --------
    >>> [round(float(v), 3) for v in wilson(8, 10)]
    [0.49, 0.943]
    """
    n = np.asarray(totals, dtype=float)
    with np.errstate(all="ignore"):
        rate = np.asarray(successes, dtype=float) / n
        middle = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * np.sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def newcombe(
    successes: ArrayLike, totals: ArrayLike, other_successes: ArrayLike, other_totals: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of each difference of two proportions (Newcombe 1998, method 10)."""
    one, two = np.divide(successes, totals), np.divide(other_successes, other_totals)
    (low_one, high_one), (low_two, high_two) = (
        wilson(successes, totals),
        wilson(other_successes, other_totals),
    )
    low = one - two - np.hypot(one - low_one, high_two - two)
    high = one - two + np.hypot(high_one - one, two - low_two)
    return low, high
