"""A corpus over time: topics and emotions, bursts, changes of feeling, what is new in a week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.core.lru import LRU
from backend.domain import EMOTIONS_AND_POSITIVE, Kind, KindredError, Selection
from backend.maps import Level
from backend.selections import Profile, profiles
from backend.trends import Burst, Change, Line, Steps, lines
from backend.trends.find import ALL, find
from backend.trends.growth import Growth, growth_of
from backend.workspace.context import WorkspaceContext
from backend.workspace.dated import Dated

WEEK = 7 * 86_400
WEEKS_BEFORE = 8
_CACHED = 6


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """When the posts of the points of a map were posted.

    Attributes
    ----------
    rows : numpy.ndarray
        ``(m,)`` int32: the point of each dated post.
    seconds : numpy.ndarray
        ``(m,)`` int64 since 1970, UTC, ascending.
    undated : int
        Posts of the map's points that have no time.
    """

    rows: np.ndarray
    seconds: np.ndarray
    undated: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week of a corpus against the weeks before.

    Attributes
    ----------
    start, end : int
        Seconds since 1970, UTC.
    since : int
        Start of the weeks before, at most eight; that of the first post if it is later.
    profile : Profile
        Of the posts of the week, compared with those of the weeks before.
    before : int
        Posts of the weeks before.
    users, new_users : int
        Authors in the week; those of them without an earlier post.
    growth : tuple of Growth
        Of every cluster from the weeks before to the week, the largest difference first.
    """

    start: int
    end: int
    since: int
    profile: Profile
    before: int
    users: int
    new_users: int
    growth: tuple[Growth, ...]


class Trends:
    """What changes over time in the corpora of a workspace."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._dated: LRU[tuple, Dated] = LRU(_CACHED)
        self._times: LRU[tuple, Times] = LRU(_CACHED)
        self._found: LRU[tuple, tuple[tuple[Burst, ...], tuple[Change, ...]]] = LRU(_CACHED)

    def times(self, kind: Kind, corpus: str | None = None) -> Times:
        """Return the times of the posts behind the points of a map."""
        ids = self._context.maps.map(kind, corpus).ids
        dated = self.dated(corpus)
        return self._times.get_or_make(
            (dated.key, kind, len(ids)), lambda: _times(dated, kind, ids)
        )

    def dated(self, corpus: str | None = None) -> Dated:
        """Return the posts of a corpus that have a time, in its order."""
        items = self._context.selections.item_table(Kind.POST, corpus)
        key = (items.corpus.uri, items.corpus.version, items.bundle)
        return self._dated.get_or_make(key, lambda: Dated(items, key))

    def topics(self, level: str = "medium", corpus: str | None = None) -> tuple[Steps, list[Line]]:
        """Return the share of each cluster of posts in each step of time.

        Raises
        ------
        KindredError
            ``no_map``, ``no_times``.
        """
        dated = self._checked(corpus)
        steps = dated.steps(_steps(len(dated.rows), 25))
        at, labels = steps.of(dated.seconds), self._labels(dated, level, corpus)
        chosen = self._context.maps.map(Kind.POST, corpus).level(level)
        return steps, [
            lines.share(cluster.label, labels == cluster.id, at, len(steps))
            for cluster in chosen.clusters
        ]

    def emotions(
        self, selection: Selection | None, corpus: str | None = None
    ) -> tuple[Steps, list[Line]]:
        """Return the mean of each emotion and of ``positive`` in each step of time.

        Parameters
        ----------
        selection : Selection or None
            Whose posts are meant; None for all.
        corpus : str, optional

        Raises
        ------
        KindredError
            ``no_times`` if none of the posts has a time.
        """
        dated = self._checked(corpus)
        inside = np.ones(len(dated.rows), dtype=bool)
        if selection is not None:
            inside = np.isin(dated.rows, self._post_rows(selection))
        if not inside.any():
            raise KindredError("no_times", "No post of this selection has a time.")
        seconds = dated.seconds[inside]
        most = _steps(len(seconds), 10)
        steps = Steps.covering(int(seconds[0]), int(seconds[-1]), most=most)
        at, affect = steps.of(seconds), dated.affect[inside]
        return steps, [
            lines.mean(n, affect[:, i], at, len(steps)) for i, n in enumerate(EMOTIONS_AND_POSITIVE)
        ]

    def found(
        self, level: str = "medium", corpus: str | None = None
    ) -> tuple[tuple[Burst, ...], tuple[Change, ...]]:
        """Find the bursts and the changes of feeling of all clusters, and of all posts.

        Without a map, only those of all posts.

        Raises
        ------
        KindredError
            ``no_times``.
        """
        dated = self._checked(corpus)
        labels = np.full(len(dated.rows), ALL)
        try:
            labels = self._labels(dated, level, corpus)
        except KindredError as error:
            if error.code != "no_map":
                raise
        return self._found.get_or_make(
            (dated.key, level),
            lambda: find(dated.seconds, labels, dated.affect, EMOTIONS_AND_POSITIVE),
        )

    def of_selection(self, selection: Selection) -> tuple[tuple[Burst, ...], tuple[Change, ...]]:
        """Find the bursts and the changes of feeling of a selection, as group 0.

        Raises
        ------
        KindredError
            ``no_times``.
        """
        dated = self._checked(selection.corpus)
        labels = np.where(np.isin(dated.rows, self._post_rows(selection)), 0, ALL)
        if (labels == 0).all():  # nothing is left to compare with
            return self.found(corpus=selection.corpus)
        bursts, changes = find(dated.seconds, labels, dated.affect, EMOTIONS_AND_POSITIVE)
        return (
            tuple(b for b in bursts if b.group == 0),
            tuple(c for c in changes if c.group == 0),
        )

    def between(
        self,
        start: int,
        end: int,
        group: int = ALL,
        level: str = "medium",
        corpus: str | None = None,
    ) -> Selection:
        """Select the posts of a period, or those of a cluster in it; oldest first."""
        dated = self.dated(corpus)
        inside = (dated.seconds >= start) & (dated.seconds < end)
        origin = f"posts {_period(start, end)}"
        if group != ALL:
            clusters = self._context.maps.map(Kind.POST, corpus).level(level).clusters
            if not 0 <= group < len(clusters):
                raise KindredError("no_selection", "There is no such cluster on this map.")
            inside &= self._labels(dated, level, corpus) == group
            origin = f"cluster “{clusters[group].label}” {_period(start, end)}"
        ids = tuple(dated.items.ids[dated.rows[inside]].tolist())
        return Selection(Kind.POST, ids, origin, dated.items.corpus.name)

    def week(self, end: int | None = None, corpus: str | None = None) -> Week:
        """Compare a week with up to eight weeks before it.

        Parameters
        ----------
        end : int, optional
            Seconds since 1970, UTC; the end of the day of the last post without.
        corpus : str, optional

        Raises
        ------
        KindredError
            ``no_times``, or ``no_week`` when the week or the weeks before have no post.
        """
        dated = self._checked(corpus)
        end = end or (int(dated.seconds[-1]) // 86_400 + 1) * 86_400
        start = end - WEEK
        first = int(dated.seconds[0]) // 86_400 * 86_400  # weeks without any post yet tell nothing
        since = max(end - WEEK * (WEEKS_BEFORE + 1), first)
        inside = (dated.seconds >= start) & (dated.seconds < end)
        before = (dated.seconds >= since) & (dated.seconds < start)
        if not inside.any() or not before.any():
            message = "The week, or the weeks before it, has no post with a time; choose another."
            raise KindredError("no_week", message)
        selection = self.between(start, end, corpus=corpus)
        against = "the weeks before"
        profile = profiles.profile(
            selection, dated.items, dated.rows[inside], dated.rows[before], against=against
        )
        users = dated.items.table["user"].to_numpy(dtype=object)
        here = set(pd.Series(users[dated.rows[inside]]).dropna())
        earlier = set(pd.Series(users[dated.rows[dated.seconds < start]]).dropna())
        growth: tuple[Growth, ...] = ()
        try:
            labels = self._labels(dated, "medium", corpus)
            growth = growth_of(labels[inside], labels[before])
        except KindredError as error:
            if error.code != "no_map":
                raise
        return Week(
            start, end, since, profile, int(before.sum()), len(here), len(here - earlier), growth
        )

    def _checked(self, corpus: str | None) -> Dated:
        dated = self.dated(corpus)
        if len(dated.seconds) < 2 or dated.seconds[0] == dated.seconds[-1]:
            raise KindredError("no_times", "These posts have no times, or all have the same one.")
        return dated

    def _labels(self, dated: Dated, level: str, corpus: str | None) -> np.ndarray:
        """Return the cluster of each dated post, -1 for none."""
        shown = self._context.maps.map(Kind.POST, corpus)
        chosen: Level = shown.level(level)
        at = pd.Index(shown.ids).get_indexer(pd.Index(dated.items.ids[dated.rows]))
        return np.where(at < 0, -1, chosen.labels[at])

    def _post_rows(self, selection: Selection) -> np.ndarray:
        items = self._context.selections.item_table(selection.kind, selection.corpus)
        return profiles.post_rows(items, items.rows(selection.ids))


def _times(dated: Dated, kind: Kind, ids: np.ndarray) -> Times:
    """Return the times of the posts of a map's points."""
    column = dated.items.table["user" if kind is Kind.USER else "id"]
    point_of = pd.Index(ids).get_indexer(pd.Index(column))
    rows = point_of[dated.rows]
    undated = int((point_of >= 0).sum() - (rows >= 0).sum())
    return Times(rows[rows >= 0].astype(np.int32), dated.seconds[rows >= 0], undated)


def _steps(posts: int, each: int) -> int:
    """Return how many steps a line may have, so that a step has about so many posts.

    Examples
    --------
    >>> _steps(42, 10), _steps(700, 25), _steps(100_000, 25)
    (8, 28, 60)
    """
    return min(max(posts // each, 8), 60)


def _period(start: int, end: int) -> str:
    """Name a period.

    Examples
    --------
    >>> _period(0, 86_400), _period(0, 3 * 86_400)
    ('on 1970-01-01', 'from 1970-01-01 to 1970-01-03')
    """
    first, last = (pd.Timestamp(t, unit="s") for t in (start, end - 1))
    if first.date() != last.date():
        return f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    if end - start < 86_400:
        return f"on {first:%Y-%m-%d}, {first:%H:%M} to {pd.Timestamp(end, unit='s'):%H:%M}"
    return f"on {first:%Y-%m-%d}"
