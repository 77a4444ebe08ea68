"""What the hits of a search have in common, counted: authors, emotions, languages, times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow.compute as pc

from backend.corpus import Corpus

SHOWN = 8  # values of a facet
_DAYS, _MONTHS = 15, 460  # days of a histogram by day, and by month; a longer one is by year
_WRITTEN = {1: len("2024"), 2: len("2024-05"), 3: len("2024-05-03")}  # by parts of a date


@dataclass(frozen=True, slots=True)
class Count:
    """A value of a facet, and how many hits have it."""

    value: str
    hits: int


@dataclass(frozen=True, slots=True)
class Period:
    """A bar of the histogram of times: from its start up to its end."""

    name: str
    since: datetime
    until: datetime
    hits: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts of hits, the most frequent value first; periods in order of time.

    Attributes
    ----------
    hits : int
        Posts that were counted.
    emotions, languages, sources, users : tuple of Count
        At most `SHOWN` each; users by id.
    periods : tuple of Period
        The latest `SHOWN`, without empty ones.
    """

    hits: int
    emotions: tuple[Count, ...]
    languages: tuple[Count, ...]
    sources: tuple[Count, ...]
    users: tuple[Count, ...]
    periods: tuple[Period, ...]


def facets(corpus: Corpus, bundle: str, ids: Sequence[str]) -> Facets:
    """Count what some posts have in common.

    Parameters
    ----------
    corpus : Corpus
        A snapshot.
    bundle : str
        Whose predictions are counted.
    ids : sequence of str
    """
    posts = corpus.table(["id", "user", "language", "source", "time"], ids=list(ids))
    emotions = (affect.top for affect in corpus.affects(bundle, list(ids)).values())
    times = pc.drop_null(posts["time"]).to_pylist()
    return Facets(
        len(posts),
        _counted(emotions),
        _counted(posts["language"].to_pylist()),
        _counted(posts["source"].to_pylist()),
        _counted(posts["user"].to_pylist()),
        periods(times),
    )


def _counted(values: Iterable[str | None]) -> tuple[Count, ...]:
    counts = Counter(value for value in values if value)
    ranked = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return tuple(Count(*row) for row in ranked[:SHOWN])


def periods(times: Sequence[datetime]) -> tuple[Period, ...]:
    """Count times by day, month or year, whichever gives a few bars.

    Examples
    --------
    >>> [p.name for p in periods([datetime(2024, 5, 3), datetime(2024, 9, 1)])]
    ['2024-05', '2024-09']
    """
    if not times:
        return ()
    zoned = [t.astimezone(UTC) if t.tzinfo else t.replace(tzinfo=UTC) for t in times]
    span = (max(zoned) - min(zoned)).days
    parts = 3 if span < _DAYS else 2 if span < _MONTHS else 1
    starts = Counter(_start(t, parts) for t in zoned)
    return tuple(
        Period(since.date().isoformat()[: _WRITTEN[parts]], since, _end(since, parts), hits)
        for since, hits in sorted(starts.items())[-SHOWN:]
    )


def _start(time: datetime, parts: int) -> datetime:
    day, month = time.day if parts == 3 else 1, time.month if parts > 1 else 1
    return datetime(time.year, month, day, tzinfo=UTC)


def _end(since: datetime, parts: int) -> datetime:
    if parts == 3:
        return since + timedelta(days=1)
    if parts == 2:
        return since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)
    return since.replace(year=since.year + 1)
