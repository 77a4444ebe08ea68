"""What the page “Over time” shows; computed once until the corpus changes."""

from __future__ import annotations

from app.data.maps import cached, map_of
from app.data.session import corpus, workspace
from app.data.timeline import write_period
from backend.domain import Kind, KindredError
from backend.trends import Burst, Change, Line, Steps
from backend.trends.find import ALL
from backend.workspace.trends import Week


@cached(12)
def found(level: str) -> tuple[tuple[Burst, ...], tuple[Change, ...]]:
    """Return the bursts and changes of all clusters and of all posts."""
    return workspace().trends.found(level, corpus())


@cached(12)
def topics(level: str) -> tuple[Steps, list[Line]]:
    """Return the share of each cluster over time."""
    return workspace().trends.topics(level, corpus())


@cached(12)
def emotions() -> tuple[Steps, list[Line]]:
    """Return the mean of each emotion of all posts over time."""
    return workspace().trends.emotions(None, corpus())


@cached(24)
def week(end: int | None) -> Week:
    """Return a week against the weeks before."""
    return workspace().trends.week(end, corpus())


@cached(48)
def words_of(start: int, end: int) -> tuple[str, ...]:
    """Return the words and tags that set the posts of a period apart, the most telling first."""
    posted = workspace().trends.between(start, end, corpus=corpus())
    profile = workspace().selections.profile(posted)
    terms = sorted((*profile.tags, *profile.words), key=lambda over: over.p)
    return tuple(dict.fromkeys(over.term.lstrip("#") for over in terms))


def has_map() -> bool:
    """Whether the posts have a map, and so clusters."""
    try:
        map_of(Kind.POST)
    except KindredError as error:
        if error.code == "no_map":
            return False
        raise
    return True


def name_of(group: int, level: str) -> str:
    """Return the name of a cluster, or ``All posts``."""
    return "All posts" if group == ALL else map_of(Kind.POST).level(level).clusters[group].label


def address(start: int, end: int, group: int, level: str) -> str:
    """Return the address of the selection of a cluster's posts in a period."""
    where = "" if group == ALL else f"@{level}:{group}"
    return f"when:{write_period(start, end)}{where}"
