"""The timeline of a map: its steps, the post times of its points, and the brushed period.

The parameters ``time`` and ``steps`` of the address hold a period, as in
``2026-05-01..2026-05-08``: the one that is brushed, and the one that the timeline covers. The
end is not part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.data import url_state
from app.data.map_payload import MAX_POINTS, Drawing
from app.data.maps import cached
from app.data.session import corpus, workspace
from backend.domain import Kind
from backend.trends import Steps

MOST = 240  # steps
NEVER = 65_535
MAX_POSTS = 600_000  # whose steps are sent to the browser

Span = tuple[int, int]  # first and last step


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The dated posts of a map in steps.

    Attributes
    ----------
    steps : Steps
    rows : numpy.ndarray
        ``(m,)`` int32: the point of each post within the steps.
    at : numpy.ndarray
        ``(m,)`` int32: its step.
    undated : int
        Posts without a time.
    zoomed : bool
        Whether the steps cover only a part of the time.
    single : bool
        Whether each point is one post.
    """

    steps: Steps
    rows: np.ndarray
    at: np.ndarray
    undated: int
    zoomed: bool
    single: bool

    def within(self, points: int, span: Span | None) -> np.ndarray:
        """Return which points have a post in a period, ``(points,)`` bool; all without one."""
        if span is None:
            return np.ones(points, dtype=bool)
        inside = np.zeros(points, dtype=bool)
        inside[self.rows[(self.at >= span[0]) & (self.at <= span[1])]] = True
        return inside

    def asks(self, visible: np.ndarray) -> bool:
        """Whether the browser has too many points to hide those outside a period by itself."""
        return int(visible.sum()) > MAX_POINTS or len(self.rows) > MAX_POSTS

    def header(
        self, drawing: Drawing, codes: np.ndarray, visible: np.ndarray, span: Span | None
    ) -> tuple[dict[str, object], bytes]:
        """Return the timeline's part of the data of a map.

        Parameters
        ----------
        drawing : Drawing
        codes : numpy.ndarray
            ``(n,)`` uint8: the colour of each point.
        visible : numpy.ndarray
            ``(n,)`` bool, whether in the period or not.
        span : Span or None

        Returns
        -------
        header : dict
        data : bytes
            As ``map.js`` reads it; empty if `asks`.
        """
        fields: dict[str, object] = {
            "names": self.steps.names(), "unit": self.steps.unit, "span": span,
            "zoomed": self.zoomed, "version": version(self.steps), "mode": "asked",
        }  # fmt: skip
        if self.asks(visible):
            return fields | {"counts": self._counts(codes, visible)}, b""
        place = np.full(len(codes), -1, dtype=np.int64)
        place[drawing.rows] = np.arange(drawing.marks)
        own = place[self.rows]
        points, at = own[own >= 0], self.at[own >= 0]
        if self.single:
            when = np.full(drawing.marks, NEVER, dtype="<u2")
            when[points] = at
            return fields | {"mode": "dense"}, when.tobytes()
        pairs, many = np.unique(points * len(self.steps) + at, return_counts=True)
        owner, step = np.divmod(pairs, len(self.steps))
        parts = owner.astype("<u4"), step.astype("<u2"), np.minimum(many, NEVER).astype("<u2")
        data = b"".join(part.tobytes() for part in parts)
        return fields | {"mode": "sparse", "pairs": len(pairs)}, data

    def _counts(self, codes: np.ndarray, visible: np.ndarray) -> list[list[int]]:
        """Return step, colour and number of posts, where there are any."""
        shown = visible[self.rows]
        cells = self.at[shown].astype(np.int64) * 256 + codes[self.rows[shown]]
        pairs, many = np.unique(cells, return_counts=True)
        return np.stack([pairs // 256, pairs % 256, many], axis=1).tolist()


def timeline(kind: Kind) -> Timeline | None:
    """Return the timeline of a map; None where there are not two different times."""
    period = read_period(url_state.get("steps"))
    return _timeline(kind, period)


@cached(24)
def _timeline(kind: Kind, period: tuple[int, int] | None) -> Timeline | None:
    times = workspace().trends.times(kind, corpus())
    if not len(times.seconds) or times.seconds[0] == times.seconds[-1]:
        return None
    first, last = int(times.seconds[0]), int(times.seconds[-1])
    zoomed = period is not None and period[0] < last and period[1] > first
    if period is not None and zoomed:
        first, last = max(first, period[0]), min(last, period[1] - 1)
    steps = Steps.covering(first, last, most=MOST)
    at = steps.of(times.seconds)
    return Timeline(
        steps, times.rows[at >= 0], at[at >= 0], times.undated, zoomed, kind is Kind.POST
    )


def span_of(shown: Timeline | None) -> Span | None:
    """Return the steps of the brushed period; None without one."""
    period = read_period(url_state.get("time"))
    if shown is None or period is None:
        return None
    edges = shown.steps.edges
    first = int(np.searchsorted(edges, period[0], side="right")) - 1
    last = int(np.searchsorted(edges, period[1], side="left")) - 1
    first, last = max(first, 0), min(last, len(shown.steps) - 1)
    return (first, last) if first <= last else None


def period_of(steps: Steps, span: Span) -> str:
    """Write the period of some steps as the address holds it."""
    return write_period(int(steps.edges[span[0]]), int(steps.edges[span[1] + 1]))


def version(steps: Steps) -> str:
    """Identify steps, so that an event about others is left alone."""
    return f"{steps.unit}{int(steps.edges[0])}:{len(steps)}"


def write_period(start: int, end: int) -> str:
    """Write a period for an address, as exactly as it needs to be.

    Examples
    --------
    >>> write_period(0, 86_400), write_period(0, 3_600)
    ('1970-01-01..1970-01-02', '1970-01-01T00:00..1970-01-01T01:00')
    >>> write_period(0, 3_601)
    '1970-01-01T00:00:00..1970-01-01T01:00:01'
    """
    form = "%Y-%m-%dT%H:%M:%S"
    for unit, shorter in ((60, "%Y-%m-%dT%H:%M"), (86_400, "%Y-%m-%d")):
        form = shorter if start % unit == 0 and end % unit == 0 else form
    return "..".join(pd.Timestamp(t, unit="s").strftime(form) for t in (start, end))


def read_period(text: str) -> tuple[int, int] | None:
    """Read a period of an address; None if it is not one.

    Examples
    --------
    >>> read_period("1970-01-01..1970-01-02"), read_period("soon")
    ((0, 86400), None)
    """
    start, _, end = text.partition("..")
    first, last = read_time(start), read_time(end)
    return (first, last) if first is not None and last is not None and first < last else None


def read_time(text: str) -> int | None:
    """Read a time of an address, in seconds since 1970; None if it is not one."""
    try:
        return int(pd.Timestamp(text[:20], tz="UTC").timestamp()) if text else None
    except (ValueError, OverflowError):
        return None


def describe_period(shown: Timeline, span: Span) -> str:
    """Name the brushed period.

    Returns
    -------
    str
        ``2026-05-01`` or ``2026-05-01 to 2026-05-08``.
    """
    names = shown.steps.names()
    return names[span[0]] if span[0] == span[1] else f"{names[span[0]]} to {names[span[1]]}"
