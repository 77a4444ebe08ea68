"""Find the bursts and the changes of feeling of all groups of dated posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backend.metrics.significance import corrected
from backend.trends import bursts, changes
from backend.trends.steps import Steps
from backend.trends.types import Burst, Change

ALL = -1  # the group of all posts
_STEPS = 1_200
_DAYS = 14  # a corpus of more days has a rhythm of day and night, which is no burst of all posts


def find(
    seconds: np.ndarray, labels: np.ndarray, affect: np.ndarray, names: Sequence[str]
) -> tuple[tuple[Burst, ...], tuple[Change, ...]]:
    """Find bursts and changes, the strongest first.

    Parameters
    ----------
    seconds : numpy.ndarray
        ``(n,)`` int64 since 1970, ascending.
    labels : numpy.ndarray
        ``(n,)`` int: the group of each post, -1 for none.
    affect : numpy.ndarray
        ``(n, len(names))`` probabilities; NaN where there is no prediction.
    names : sequence of str
    """
    groups = [ALL, *np.unique(labels[labels >= 0]).tolist()]
    members = {g: np.flatnonzero(labels == g) for g in groups if g != ALL}
    members[ALL] = np.arange(len(labels))
    found = _bursts(seconds, members)
    # What a burst feels is told with the burst; it is no lasting change. A cluster keeps its
    # posts in bursts of all posts, if they are not in one of its own: it may have few others.
    own = _in_bursts(seconds, members, [b for b in found if b.group != ALL])
    every = own | _in_bursts(seconds, members, found)
    calm = {g: rows[~(every if g == ALL else own)[rows]] for g, rows in members.items()}
    return found, _changes(seconds, calm, affect, names, every)


def _bursts(seconds: np.ndarray, members: Mapping[int, np.ndarray]) -> tuple[Burst, ...]:
    first, last = int(seconds[0]), int(seconds[-1])
    steps = Steps.covering(first, last, most=_STEPS)
    at = steps.of(seconds)
    totals = np.bincount(at, minlength=len(steps))
    found: list[Burst] = []
    silent = 0  # groups without a burst were tested, too
    for group, rows in members.items():
        if group == ALL:
            unit = "day" if last - first > _DAYS * 86_400 else "hour"
            coarse = Steps.covering(first, last, most=_STEPS, least_unit=unit)
            counts = np.bincount(coarse.of(seconds), minlength=len(coarse))
            own = bursts.of_counts(group, counts, None, coarse)
        else:
            counts = np.bincount(at[rows], minlength=len(steps))
            own = bursts.of_counts(group, counts, totals, steps)
        silent += not own
        found += own
    p = corrected(np.array([*(b.p for b in found), *[1.0] * silent]))
    return bursts.kept(found, p[: len(found)])


def _in_bursts(
    seconds: np.ndarray, members: Mapping[int, np.ndarray], found: Sequence[Burst]
) -> np.ndarray:
    """Return which posts are in one of the bursts of their groups, ``(n,)`` bool."""
    inside = np.zeros(len(seconds), dtype=bool)
    for burst in found:
        rows = members[burst.group]
        inside[rows] |= (seconds[rows] >= burst.start) & (seconds[rows] < burst.end)
    return inside


def _changes(
    seconds: np.ndarray,
    members: Mapping[int, np.ndarray],
    affect: np.ndarray,
    names: Sequence[str],
    bursting: np.ndarray,
) -> tuple[Change, ...]:
    """Find the changes of feeling that remain without the posts in bursts."""
    known = ~np.isnan(affect).any(axis=1)
    cut: list[changes.Cut] = []
    silent = 0
    for group, rows in members.items():
        predicted = rows[known[rows]]
        for i, name in enumerate(names):
            values = affect[predicted, i].astype(float)
            own = changes.cuts(group, name, values, seconds[predicted])
            silent += (not own) and len(predicted) >= 2 * changes.LEAST  # fewer are not tested
            cut += own
    p = corrected(np.array([*(c.p for c in cut), *[1.0] * silent]))
    by_group: dict[int, list[tuple[changes.Cut, changes.Shift]]] = {}
    for one, adjusted in zip(cut, p, strict=False):
        if adjusted >= changes.ALPHA:
            continue
        rows = members[one.group]
        rows = rows[known[rows]]
        values = affect[rows, names.index(one.name)].astype(float)
        shift = changes.shift(one, values, float(adjusted))
        if shift is not None and changes.remains(one, values, ~bursting[rows]):
            by_group.setdefault(one.group, []).append((one, shift))
    found_changes: list[Change] = []
    for group, own_shifts in by_group.items():
        rows = members[group]
        found_changes += changes.joined(own_shifts, seconds[rows[known[rows]]])
    return tuple(sorted(found_changes, key=lambda c: (-abs(c.shifts[0].difference), c.group, c.at)))
