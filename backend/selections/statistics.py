"""Tests and intervals of a profile.

They use `scipy.special`, because a page waits for them: importing `scipy.stats` takes
a second, and its hypergeometric distribution took half a minute for the 30,000 words
of a large corpus.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betaln, stdtr, stdtrit

from backend.selections.types import Contrast, OverRepresented

ALPHA = 0.05
_MIN_COUNT = 2  # posts or users of the selection that a term must be in to be tested


def contrasts(names: Sequence[str], inside: np.ndarray, outside: np.ndarray) -> list[Contrast]:
    """Compute means inside and outside a selection with 95 % intervals.

    Student's interval of the mean over posts (or users), clipped to 0 and 1;
    Welch's test of the difference.

    Parameters
    ----------
    names : sequence of str
    inside, outside : numpy.ndarray
        ``(n, len(names))`` and ``(m, len(names))`` probabilities; rows of NaN
        where there is no prediction.
    """
    inside = inside[~np.isnan(inside).any(axis=1)]
    outside = outside[~np.isnan(outside).any(axis=1)]
    p = corrected(_welch(inside, outside))
    left, right = _intervals(inside), _intervals(outside)
    return [
        Contrast(
            name=name,
            mean=float(left[0, i]),
            low=float(left[1, i]),
            high=float(left[2, i]),
            rest=float(right[0, i]),
            rest_low=float(right[1, i]),
            rest_high=float(right[2, i]),
            p=float(p[i]),
        )
        for i, name in enumerate(names)
    ]


def over_represented(
    names: np.ndarray, inside: np.ndarray, outside: np.ndarray, n: int, m: int, *, most: int = 30
) -> tuple[list[OverRepresented], int]:
    """Find the terms that a selection has more often than expected by chance.

    Parameters
    ----------
    names : numpy.ndarray
        ``(terms,)`` str objects.
    inside, outside : numpy.ndarray
        ``(terms,)``: number of posts or users that have each term.
    n, m : int
        Number of posts or users inside and outside.
    most : int

    Returns
    -------
    found : list of OverRepresented
        Significant terms, sorted by the difference of the shares times the log odds
        ratio.
    tested : int
    """
    tested = np.flatnonzero(inside >= min(_MIN_COUNT, n))
    if not len(tested) or not n or not m:
        return [], 0
    a, b = inside[tested].astype(float), outside[tested].astype(float)
    share, rest = a / n, b / m
    p = np.ones(len(tested))  # terms that are rarer here cannot be over-represented
    is_more = share > rest
    p[is_more] = tail(a[is_more], a[is_more] + b[is_more], n, n + m)
    p = corrected(p)
    odds = ((a + 0.5) * (m - b + 0.5)) / ((b + 0.5) * (n - a + 0.5))
    strength = np.where((p < ALPHA) & (share > rest), (share - rest) * np.log(odds), 0.0)
    order = np.argsort(-strength, kind="stable")[:most]
    return [
        OverRepresented(
            term=str(names[tested[i]]),
            count=int(a[i]),
            rest_count=int(b[i]),
            share=float(share[i]),
            rest_share=float(rest[i]),
            odds=float(odds[i]),
            p=float(p[i]),
        )
        for i in order
        if strength[i] > 0
    ], len(tested)


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


def _intervals(values: np.ndarray) -> np.ndarray:
    """Return mean, low and high of each column, ``(3, columns)``."""
    n, width = values.shape
    if not n:
        return np.full((3, width), np.nan)
    mean = values.mean(axis=0, dtype=np.float64)
    if n == 1:
        return np.stack([mean, np.zeros(width), np.ones(width)])
    half = stdtrit(n - 1, 0.975) * values.std(axis=0, ddof=1, dtype=np.float64) / np.sqrt(n)
    return np.stack([mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)])


def _welch(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Return the two-sided p of Welch's test, ``(columns,)``."""
    if min(len(inside), len(outside)) < 2:
        return np.full(inside.shape[1], np.nan)
    parts = [some.var(axis=0, ddof=1, dtype=np.float64) / len(some) for some in (inside, outside)]
    total = parts[0] + parts[1]
    difference = inside.mean(axis=0, dtype=np.float64) - outside.mean(axis=0, dtype=np.float64)
    with np.errstate(all="ignore"):
        spread = parts[0] ** 2 / (len(inside) - 1) + parts[1] ** 2 / (len(outside) - 1)
        return np.asarray(2 * stdtr(total**2 / spread, -np.abs(difference) / np.sqrt(total)))
