"""Changes of feeling: times at which the mean emotion of a group is no longer what it was.

The CUSUM test (Page 1954; Ploberger & Kraemer 1992): under a constant mean, the largest of the
cumulated deviations, divided by the standard deviation and the root of their number, follows
Kolmogorov's distribution. Where it is too large, the group is cut there, and each part is tested
again (binary segmentation, Vostrikova 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import kolmogorov, stdtrit

from backend.trends.types import Change, Shift

ALPHA = 0.05
LEAST = 12  # posts on each side of a change
SMALLEST = 0.05  # difference of two means of probabilities that is worth telling
_CALM = 5  # posts on each side that are in no burst
_DEEPEST = 3  # times that a part is cut again


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut of the posts of a group, in the order of their times, for one emotion."""

    group: int
    name: str
    start: int
    at: int
    end: int
    p: float


def cuts(
    group: int,
    name: str,
    values: np.ndarray,
    seconds: np.ndarray,
    *,
    start: int = 0,
    depth: int = 0,
) -> list[Cut]:
    """Find where the mean of values changes; `p` is not adjusted yet.

    Parameters
    ----------
    group : int
    name : str
    values : numpy.ndarray
        ``(n,)`` float, in the order of their times, without NaN.
    seconds : numpy.ndarray
        ``(n,)`` int64, ascending.
    start : int
        Position of the first value among all of the group.
    depth : int
        How often the part has been cut.
    """
    n = len(values)
    if n < 2 * LEAST or depth >= _DEEPEST:
        return []
    spread = values.std()
    if spread <= 1e-9:
        return []
    walk = np.abs(np.cumsum(values - values.mean())) / (spread * np.sqrt(n))
    able = np.zeros(n, dtype=bool)
    able[LEAST - 1 : n - LEAST] = True
    able[:-1] &= seconds[1:] > seconds[:-1]  # posts of one moment stay together
    if not able.any():
        return []
    at = int(np.where(able, walk, -1.0).argmax()) + 1
    p = float(kolmogorov(walk[at - 1]))
    if p >= ALPHA:
        return []
    found = [Cut(group, name, start, start + at, start + n, p)]
    for first, last in ((0, at), (at, n)):
        found += cuts(
            group,
            name,
            values[first:last],
            seconds[first:last],
            start=start + first,
            depth=depth + 1,
        )
    return found


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return a mean and its 95 % interval, within 0 and 1."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, 0.0, 1.0
    half = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean, max(mean - half, 0.0), min(mean + half, 1.0)


def shift(cut: Cut, values: np.ndarray, p: float) -> Shift | None:
    """Return means before and after a cut; None where they hardly differ."""
    before, after = values[cut.start : cut.at], values[cut.at : cut.end]
    moved = Shift(cut.name, interval(before), interval(after), p)
    return moved if abs(moved.difference) >= SMALLEST else None


def remains(cut: Cut, values: np.ndarray, calm: np.ndarray) -> bool:
    """Whether half of the difference remains among the calm posts alone.

    Parameters
    ----------
    cut : Cut
    values : numpy.ndarray
        ``(n,)`` float of the posts of the group.
    calm : numpy.ndarray
        ``(n,)`` bool: posts in no burst.
    """
    means = []
    for first, last in ((cut.start, cut.at), (cut.at, cut.end)):
        part = values[first:last][calm[first:last]]
        if len(part) < _CALM:
            return False
        means.append((part.mean(), values[first:last].mean()))
    left, whole = means[1][0] - means[0][0], means[1][1] - means[0][1]
    return bool(left * whole > 0 and abs(left) >= max(0.5 * abs(whole), SMALLEST))


def joined(found: Sequence[tuple[Cut, Shift]], seconds: np.ndarray) -> list[Change]:
    """Join the shifts of one group that happen at about the same time.

    Parameters
    ----------
    found : sequence of (Cut, Shift)
    seconds : numpy.ndarray
        ``(n,)`` int64 of the posts of the group, ascending.
    """
    near = 0.2 * max(float(seconds[-1] - seconds[0]), 1.0)
    strongest = sorted(found, key=lambda one: -abs(one[1].difference))
    groups: list[list[tuple[Cut, Shift]]] = []
    for cut, moved in strongest:
        at = seconds[cut.at]
        for group in groups:
            is_other = moved.name not in {other.name for _, other in group}
            if abs(float(seconds[group[0][0].at] - at)) <= near and is_other:
                group.append((cut, moved))
                break
        else:
            groups.append([(cut, moved)])
    changes = []
    for group in groups:
        cut = group[0][0]
        changes.append(
            Change(
                group=cut.group,
                at=int(seconds[cut.at]),
                since=int(seconds[cut.start]),
                until=int(seconds[cut.end - 1]) + 1,
                posts=(cut.at - cut.start, cut.end - cut.at),
                shifts=tuple(moved for _, moved in group),
            )
        )
    return changes
