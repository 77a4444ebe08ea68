"""The tests and intervals behind a profile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.selecting.types import Contrast, Over

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
) -> tuple[list[Over], int]:
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
    found : list of Over
        Significant ones, by how much of the selection they tell of: the
        difference of the shares weighs as much as the evidence.
    tested : int
    """
    from scipy.stats import hypergeom

    tested = np.flatnonzero(inside >= min(_LEAST, n))
    if not len(tested) or not n or not m:
        return [], 0
    a, b = inside[tested].astype(float), outside[tested].astype(float)
    p = corrected(hypergeom.sf(a - 1, n + m, a + b, n))
    odds = ((a + 0.5) * (m - b + 0.5)) / ((b + 0.5) * (n - a + 0.5))
    share, rest = a / n, b / m
    strength = np.where((p < ALPHA) & (share > rest), (share - rest) * np.log(odds), 0.0)
    order = np.argsort(-strength, kind="stable")[:most]
    return [
        Over(
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
    from scipy.stats import false_discovery_control

    made = np.array(p, dtype=float)
    there = ~np.isnan(made)
    if there.any():
        made[there] = false_discovery_control(np.clip(made[there], 0.0, 1.0))
    return made


def _intervals(values: np.ndarray) -> np.ndarray:
    """Mean, low and high of each column, ``(3, columns)``."""
    from scipy.stats import t

    n, width = values.shape
    if not n:
        return np.full((3, width), np.nan)
    mean = values.mean(axis=0, dtype=np.float64)
    if n == 1:
        return np.stack([mean, np.zeros(width), np.ones(width)])
    half = t.ppf(0.975, n - 1) * values.std(axis=0, ddof=1, dtype=np.float64) / np.sqrt(n)
    return np.stack([mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)])


def _welch(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    from scipy.stats import ttest_ind

    if min(len(inside), len(outside)) < 2:
        return np.full(inside.shape[1], np.nan)
    with np.errstate(all="ignore"):
        found = ttest_ind(inside.astype(float), outside.astype(float), equal_var=False)
    return np.asarray(found.pvalue, dtype=float)
