"""What sets a selection apart: its means and its terms against those of the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.metrics.significance import ALPHA, corrected, intervals, tail, welch
from backend.selections.types import Contrast, OverRepresented

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
    p = corrected(welch(inside, outside))
    left, right = intervals(inside), intervals(outside)
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


def without_repeated_tags(
    words: Sequence[OverRepresented], tags: Sequence[OverRepresented]
) -> tuple[OverRepresented, ...]:
    """Leave out words that are a tag written in the text: ``#storm`` beside the tag ``storm``."""
    written = {f"#{tag.term}".casefold() for tag in tags}
    return tuple(word for word in words if word.term.casefold() not in written)


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
