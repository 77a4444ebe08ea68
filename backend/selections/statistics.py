"""The tests and intervals behind a profile.

Built on `scipy.special`, because a page waits for them: importing `scipy.stats`
takes a second, and its hypergeometric distribution took half a minute for the
30,000 words of a large corpus.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betaln, stdtr, stdtrit

from backend.selections.types import Contrast, OverRepresented

ALPHA = 0.05
_LEAST = 2  # posts or users of the selection that a term must be in to be tested


def contrasts(names: Sequence[str], inside: np.ndarray, outside: np.ndarray) -> list[Contrast]:
    """Means inside and outside with 95 % intervals.

    Student's interval of the mean over posts (or users), cut to 0 and 1;
    Welch's test between both.

    Parameters
    ----------
    names : sequence of str
    inside, outside : numpy.ndarray
        ``(n, len(names))`` and ``(m, len(names))`` probabilities; rows of NaN
        where there is no prediction.

    Returns
    -------
    list of Contrast
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
    """Terms that are in more of the selection than chance would put there.

    Parameters
    ----------
    names : numpy.ndarray
        ``(terms,)`` str objects.
    inside, outside : numpy.ndarray
        ``(terms,)``: in how many of each they are.
    n, m : int
        How many there are of each.
    most : int

    Returns
    -------
    found : list of OverRepresented
        Significant ones, by how much of the selection they tell of: the
        difference of the shares weighs as much as the evidence.
    tested : int
    """
    tested = np.flatnonzero(inside >= min(_LEAST, n))
    if not len(tested) or not n or not m:
        return [], 0
    a, b = inside[tested].astype(float), outside[tested].astype(float)
    share, rest = a / n, b / m
    p = np.ones(len(tested))  # terms that are rarer here cannot be over-represented
    more = share > rest
    p[more] = tail(a[more], a[more] + b[more], n, n + m)
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


def tail(found: np.ndarray, having: np.ndarray, drawn: int, size: int) -> np.ndarray:
    """Chance to draw at least so many that have a term: the hypergeometric upper tail.

    Parameters
    ----------
    found : numpy.ndarray
        ``(terms,)``: how many of those drawn have it; more than would be expected.
    having : numpy.ndarray
        ``(terms,)``: how many have it in all.
    drawn, size : int
        How many are drawn, of how many.

    Returns
    -------
    numpy.ndarray
        ``(terms,)``.
    """
    x, k = np.asarray(found, dtype=float), np.asarray(having, dtype=float)

    def choose(n: np.ndarray | float, r: np.ndarray | float) -> np.ndarray:
        return -np.log1p(n) - betaln(n - r + 1.0, r + 1.0)

    rest = float(size - drawn)
    p = np.exp(choose(k, x) + choose(size - k, drawn - x) - choose(float(size), float(drawn)))
    total, going = p.copy(), np.arange(len(p))
    while len(going):  # above the mean each term is smaller than the one before
        x[going] += 1.0
        here, of = x[going], k[going]
        p[going] *= (of - here + 1) * (drawn - here + 1) / (here * (rest - of + here))
        p[going] = np.where(here > np.minimum(of, drawn), 0.0, p[going])
        total[going] += p[going]
        going = going[p[going] > 1e-9 * total[going]]
    return np.minimum(total, 1.0)


def corrected(p: np.ndarray) -> np.ndarray:
    """P-values with the false discovery rate controlled (Benjamini & Hochberg 1995).

    Parameters
    ----------
    p : numpy.ndarray
        ``(n,)``; NaN stays.

    Returns
    -------
    numpy.ndarray
        ``(n,)``.
    """
    made = np.array(p, dtype=float)
    there = np.flatnonzero(~np.isnan(made))
    order = there[np.argsort(-made[there], kind="stable")]  # largest first
    ranks = np.arange(len(order), 0, -1)
    made[order] = np.minimum.accumulate(np.minimum(made[order] * len(order) / ranks, 1.0))
    return made


def _intervals(values: np.ndarray) -> np.ndarray:
    """Mean, low and high of each column, ``(3, columns)``."""
    n, width = values.shape
    if not n:
        return np.full((3, width), np.nan)
    mean = values.mean(axis=0, dtype=np.float64)
    if n == 1:
        return np.stack([mean, np.zeros(width), np.ones(width)])
    half = stdtrit(n - 1, 0.975) * values.std(axis=0, ddof=1, dtype=np.float64) / np.sqrt(n)
    return np.stack([mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)])


def _welch(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Two-sided p of Welch's test, ``(columns,)``."""
    if min(len(inside), len(outside)) < 2:
        return np.full(inside.shape[1], np.nan)
    parts = [some.var(axis=0, ddof=1, dtype=np.float64) / len(some) for some in (inside, outside)]
    total = parts[0] + parts[1]
    apart = inside.mean(axis=0, dtype=np.float64) - outside.mean(axis=0, dtype=np.float64)
    with np.errstate(all="ignore"):
        spread = parts[0] ** 2 / (len(inside) - 1) + parts[1] ** 2 / (len(outside) - 1)
        return np.asarray(2 * stdtr(total**2 / spread, -np.abs(apart) / np.sqrt(total)))
