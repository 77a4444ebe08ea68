"""Shares and means in each step of time, with 95 % intervals."""

from __future__ import annotations

import numpy as np

from backend.metrics.proportions import wilson
from backend.trends.types import Line

FEWEST = 4  # posts of a step whose shares say something


def share(name: str, member: np.ndarray, steps: np.ndarray, length: int) -> Line:
    """Return the share of posts that are members, with Wilson's interval (Wilson 1927).

    A step of fewer than `FEWEST` posts has none: one post in the first days of a month would be
    half of them.

    Parameters
    ----------
    name : str
    member : numpy.ndarray
        ``(n,)`` bool.
    steps : numpy.ndarray
        ``(n,)`` int: the step of each post; -1 is left out.
    length : int
        Number of steps.
    """
    known = steps >= 0
    totals = np.bincount(steps[known], minlength=length)
    counts = np.bincount(steps[known & member], minlength=length)
    with np.errstate(invalid="ignore"):
        values = counts / totals
    low, high = wilson(counts, totals)
    return Line(name, np.where(totals < FEWEST, np.nan, values), low, high, counts)


def mean(name: str, values: np.ndarray, steps: np.ndarray, length: int) -> Line:
    """Return the mean of a probability in each step, with Student's interval.

    Parameters
    ----------
    name : str
    values : numpy.ndarray
        ``(n,)`` float between 0 and 1; NaN is left out.
    steps, length
        As for `share`.
    """
    from scipy.special import stdtrit  # large: not before it is needed

    known = (steps >= 0) & np.isfinite(values)
    at, found = steps[known], np.asarray(values[known], dtype=float)
    n = np.bincount(at, minlength=length)
    with np.errstate(all="ignore"):
        means = np.bincount(at, weights=found, minlength=length) / n
        squares = np.bincount(at, weights=(found - means[at]) ** 2, minlength=length)
        half = stdtrit(np.maximum(n - 1, 1), 0.975) * np.sqrt(squares / (n - 1) / n)
    half = np.where(n == 1, 1.0, half)  # one post says nothing of the others
    return Line(name, means, np.clip(means - half, 0, 1), np.clip(means + half, 0, 1), n)
