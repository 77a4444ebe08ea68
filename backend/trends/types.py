"""The types of what is found over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HARDLY = 0.5  # posts expected, of which no multiple says anything


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A share or a mean in each step of time, with its 95 % interval.

    Attributes
    ----------
    name : str
    values, low, high : numpy.ndarray
        ``(steps,)`` float64; NaN in steps without posts.
    counts : numpy.ndarray
        ``(steps,)`` int64: posts with the topic, or with a prediction.
    """

    name: str
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, slots=True)
class Burst:
    """A period in which a group posts far more than otherwise.

    Attributes
    ----------
    group : int
        Cluster; -1 for all posts.
    start, end : int
        Seconds since 1970, UTC; the end is not part of it.
    posts : int
        Of the group in the period.
    expected : float
        As many posts as the group has in such a period outside of it.
    weight : float
        How much less the two-state model costs with the burst than without it.
    p : float
        Of so many posts in any period, adjusted over all bursts (Benjamini & Hochberg 1995).
    """

    group: int
    start: int
    end: int
    posts: int
    expected: float
    weight: float
    p: float

    @property
    def times(self) -> float:
        """How many times as many posts as expected."""
        return self.posts / max(self.expected, HARDLY)


@dataclass(frozen=True, slots=True)
class Shift:
    """The mean of an emotion, or of ``positive``, before and after a change.

    Attributes
    ----------
    name : str
    before, after : tuple of float
        Mean and its 95 % interval: ``(mean, low, high)``.
    p : float
        Of the CUSUM test, adjusted over all groups and emotions.
    """

    name: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    p: float

    @property
    def difference(self) -> float:
        """Mean after minus mean before."""
        return self.after[0] - self.before[0]


@dataclass(frozen=True, slots=True)
class Change:
    """A time at which the feelings of a group change.

    Attributes
    ----------
    group : int
        Cluster; -1 for all posts.
    at : int
        Seconds since 1970, UTC: the first post after the change.
    since, until : int
        The posts that are compared lie between them.
    posts : tuple of int
        Number of posts before and after.
    shifts : tuple of Shift
        The strongest first.
    """

    group: int
    at: int
    since: int
    until: int
    posts: tuple[int, int]
    shifts: tuple[Shift, ...]
