"""Tests of whether groups differ, intervals of means, and p-values of many tests.

They use `scipy.special`, because a page waits for them: importing `scipy.stats` takes
a second, and its hypergeometric distribution took half a minute for the 30,000 words
of a large corpus.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, stdtr, stdtrit

ALPHA = 0.05  # largest adjusted p that counts as a finding


def tail(counts: np.ndarray, totals: np.ndarray, drawn: int, size: int) -> np.ndarray:
    """Probability of drawing at least so many with a term: the hypergeometric upper tail.

    Parameters
    ----------
    counts : numpy.ndarray
        ``(terms,)``: number of drawn items with the term; more than expected.
    totals : numpy.ndarray
        ``(terms,)``: number of items with the term.
    drawn, size : int
        Number of drawn items, and of all items.

    Returns
    -------
    numpy.ndarray
        ``(terms,)``.
    """
    x, k = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)

    def choose(n: np.ndarray | float, r: np.ndarray | float) -> np.ndarray:
        return -np.log1p(n) - betaln(n - r + 1.0, r + 1.0)

    rest = float(size - drawn)
    p = np.exp(choose(k, x) + choose(size - k, drawn - x) - choose(float(size), float(drawn)))
    total, active = p.copy(), np.arange(len(p))
    while len(active):  # above the mean each term is smaller than the one before
        x[active] += 1.0
        count, total_count = x[active], k[active]
        p[active] *= (
            (total_count - count + 1) * (drawn - count + 1) / (count * (rest - total_count + count))
        )
        p[active] = np.where(count > np.minimum(total_count, drawn), 0.0, p[active])
        total[active] += p[active]
        active = active[p[active] > 1e-9 * total[active]]
    return np.minimum(total, 1.0)


def corrected(p: np.ndarray) -> np.ndarray:
    """Adjust p-values to control the false discovery rate (Benjamini & Hochberg 1995).

    Parameters
    ----------
    p : numpy.ndarray
        ``(n,)``; NaN stays.

    Returns
    -------
    numpy.ndarray
        ``(n,)``.
    """
    adjusted = np.array(p, dtype=float)
    known = np.flatnonzero(~np.isnan(adjusted))
    order = known[np.argsort(-adjusted[known], kind="stable")]  # largest first
    ranks = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum.accumulate(np.minimum(adjusted[order] * len(order) / ranks, 1.0))
    return adjusted


def intervals(values: np.ndarray) -> np.ndarray:
    """Return mean, low and high of each column, ``(3, columns)``.

    Student's 95 % interval of the mean over rows, clipped to 0 and 1.

    Parameters
    ----------
    values : numpy.ndarray
        ``(n, columns)`` shares or probabilities.
    """
    n, width = values.shape
    if not n:
        return np.full((3, width), np.nan)
    mean = values.mean(axis=0, dtype=np.float64)
    if n == 1:
        return np.stack([mean, np.zeros(width), np.ones(width)])
    half = stdtrit(n - 1, 0.975) * values.std(axis=0, ddof=1, dtype=np.float64) / np.sqrt(n)
    return np.stack([mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)])


def welch(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Return the two-sided p of Welch's test of the difference of means, ``(columns,)``.

    Parameters
    ----------
    inside, outside : numpy.ndarray
        ``(n, columns)`` and ``(m, columns)``.
    """
    if min(len(inside), len(outside)) < 2:
        return np.full(inside.shape[1], np.nan)
    parts = [some.var(axis=0, ddof=1, dtype=np.float64) / len(some) for some in (inside, outside)]
    total = parts[0] + parts[1]
    difference = inside.mean(axis=0, dtype=np.float64) - outside.mean(axis=0, dtype=np.float64)
    with np.errstate(all="ignore"):
        spread = parts[0] ** 2 / (len(inside) - 1) + parts[1] ** 2 / (len(outside) - 1)
        return np.asarray(2 * stdtr(total**2 / spread, -np.abs(difference) / np.sqrt(total)))
