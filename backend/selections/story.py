"""The story of a group: a paragraph of measured facts, each of which says where it is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np
import pandas as pd

from backend.domain import EMOTIONS_AND_POSITIVE, Kind
from backend.selections.item_table import ItemTable
from backend.selections.profiles import post_rows
from backend.selections.statistics import ALPHA
from backend.selections.types import Contrast, OverRepresented, Profile

_QUOTES, _WORDS, _FEELINGS = 2, 3, 3


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a story.

    Attributes
    ----------
    text : str
    opens : mapping of str to str
        What shows where it is from: ``tab`` (of the selection's panel), ``time`` (a period, as
        two seconds since 1970 joined by ``..``) or ``post`` (an id). Empty for words between.
    """

    text: str
    opens: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quote:
    """A post of the group: its id, and what sets it apart."""

    id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of feeling: since when, of what, and means with intervals before and after."""

    at: int
    name: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a story tells beside a profile.

    Attributes
    ----------
    users : int
        Authors of the posts; 0 where posts have none.
    seconds : numpy.ndarray
        ``(n,)`` int64 since 1970, ascending: the times of its dated posts.
    burst : tuple of int, optional
        Start, end and number of posts of its strongest burst.
    typical, dissenting : tuple of Quote
    turn : Turn, optional
        Its strongest change of feeling.
    """

    users: int
    seconds: np.ndarray
    burst: tuple[int, int, int] | None
    typical: tuple[Quote, ...]
    dissenting: tuple[Quote, ...]
    turn: Turn | None = None


def tell(profile: Profile, facts: Facts, texts: Mapping[str, tuple[str, str]]) -> list[Part]:
    """Write the story of a group.

    Parameters
    ----------
    profile : Profile
    facts : Facts
    texts : mapping of str to (str, str)
        Text and author of each quoted post.
    """
    parts = [*_size(profile, facts), *_time(profile, facts), *_topics(profile)]
    parts += [*_feelings(profile), *_turn(facts.turn)]
    parts += _quotes(" Typical: ", facts.typical, texts)
    parts += _quotes(" Against the grain: ", facts.dissenting, texts)
    return parts


def quotes(
    items: ItemTable,
    inside: np.ndarray,
    outside: np.ndarray,
    profile: Profile,
    readable: Sequence[str],
) -> tuple[tuple[Quote, ...], tuple[Quote, ...]]:
    """Choose typical posts, and those that feel the other way.

    Parameters
    ----------
    items : ItemTable
    inside, outside : numpy.ndarray
        Positions in `items`.
    profile : Profile
    readable : sequence of str
        Ids of the posts that can be quoted: those with a text.
    """
    own = post_rows(items, inside)
    own = own[np.isin(items.posts.ids[own].astype(str), np.array(readable, dtype=str))]
    groups = items.posts.table["group"].fillna(items.posts.table["id"]).to_numpy().astype(str)
    typical = [
        Quote(str(items.posts.ids[r])) for r in _first(_nearest(items, own, outside), groups)
    ]
    strongest = min(
        (c for c in (*profile.emotions, profile.sentiment) if not isnan(c.p) and c.p < ALPHA),
        key=lambda c: (c.p, -abs(c.mean - c.rest)),
        default=None,
    )
    if strongest is None:
        return tuple(typical), ()
    column = EMOTIONS_AND_POSITIVE.index(strongest.name)
    values = items.posts.affect[own, column]
    is_other = (
        values < strongest.rest if strongest.mean > strongest.rest else values > strongest.rest
    )
    sign = 1 if strongest.mean > strongest.rest else -1
    order = own[is_other][np.argsort(sign * values[is_other], kind="stable")]
    dissenting = [
        Quote(
            str(items.posts.ids[r]),
            f"{strongest.name} {items.posts.affect[r, column]:.0%}",
        )
        for r in _first(order, groups)
    ]
    return tuple(typical), tuple(dissenting)


def _nearest(items: ItemTable, own: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Return rows of posts, those most like the group and least like the rest first."""
    rows, vectors = items.posts.vectors
    is_own = np.isin(rows, own)
    if not is_own.any():
        return own[:0]
    direction = vectors[is_own].mean(axis=0)
    is_outside = np.isin(rows, post_rows(items, outside))
    if is_outside.any():
        direction = direction - vectors[is_outside].mean(axis=0)
    found = rows[is_own]
    return np.asarray(found[np.argsort(-(vectors[is_own] @ direction), kind="stable")])


def _first(order: np.ndarray, groups: np.ndarray) -> list[int]:
    """Return the first rows, each duplicate group once."""
    chosen: dict[str, int] = {}
    for row in order[:200]:
        chosen.setdefault(groups[row], int(row))
        if len(chosen) == _QUOTES:
            break
    return list(chosen.values())


def _size(profile: Profile, facts: Facts) -> list[Part]:
    noun = "users" if profile.selection.kind is Kind.USER else "posts"
    name = profile.selection.name or profile.selection.origin
    share = profile.count / max(profile.total, 1)
    parts = [
        Part(f"{name[:1].upper()}{name[1:]}: "),
        Part(f"{profile.count:,}", {"tab": "table"}),
        Part(f" of {profile.total:,} {noun} ({_share(share)})"),
    ]
    if profile.selection.kind is Kind.USER:
        parts += [Part(", with "), Part(f"{profile.posts:,} posts", {"tab": "posts"})]
    elif facts.users:
        users = f"{facts.users:,} user{'' if facts.users == 1 else 's'}"
        parts += [Part(" by "), Part(users, {"tab": "table"})]
    return [*parts, Part(".")]


def _time(profile: Profile, facts: Facts) -> list[Part]:
    n = len(facts.seconds)
    if not n:
        return [Part(" None of its posts has a time.")]
    first, last = int(facts.seconds[0]), int(facts.seconds[-1])
    parts = [Part(" Posted from ")]
    if n < profile.posts:
        parts = [Part(f" {n:,} of its {profile.posts:,} posts have a time: from ")]
    parts += [Part(f"{_day(first)} to {_day(last)}", {"time": f"{first}..{last + 1}"})]
    if facts.burst is not None:
        start, end, posts = facts.burst
        when = (
            f"on {_day(start)}"
            if _day(start) == _day(end - 1)
            else f"{_day(start)} to {_day(end - 1)}"
        )
        parts += [
            Part(", with a burst of "),
            Part(f"{posts:,} posts", {"time": f"{start}..{end}"}),
            Part(f" {when}"),
        ]
    elif n >= 4:
        low, high = (int(facts.seconds[int(n * q)]) for q in (0.25, 0.75))
        parts.append(Part(f", half of them from {_day(low)} to {_day(high)}"))
    return [*parts, Part(".")]


def _topics(profile: Profile) -> list[Part]:
    terms: dict[str, OverRepresented] = {}
    for term in (*profile.tags[:_WORDS], *profile.words[:_WORDS]):
        terms.setdefault(term.term.casefold(), term)
    if not terms:
        return [Part(" No word or tag sets it apart.")]
    parts = [Part(" More often than in the rest: ")]
    for i, term in enumerate([*terms.values()][:_WORDS]):
        parts += [
            Part(", " if i else ""),
            Part(f"“{term.term}” ("),
            Part(f"{_share(term.share)} against {_share(term.rest_share)}", {"tab": "says"}),
            Part(")"),
        ]
    return [*parts, Part(".")]


def _feelings(profile: Profile) -> list[Part]:
    differing = [
        c
        for c in (*profile.emotions, profile.sentiment)
        if not isnan(c.p) and c.p < ALPHA and abs(c.mean - c.rest) >= 0.01
    ]
    if not differing:
        known = not isnan(profile.sentiment.mean)
        return [Part(" Its feelings do not differ significantly from the rest." if known else "")]
    differing.sort(key=lambda c: -abs(c.mean - c.rest))
    parts = [Part(" It feels ")]
    for i, c in enumerate(differing[:_FEELINGS]):
        parts += [Part(", " if i else ""), *_feeling(c)]
    return [*parts, Part(".")]


def _feeling(c: Contrast) -> list[Part]:
    word = "more" if c.mean > c.rest else "less"
    name = "positive" if c.name == "positive" else c.name
    rest = f"{c.rest:.0%} [{c.rest_low:.0%}, {c.rest_high:.0%}]"
    told = f"{c.mean:.0%} [{c.low:.0%}, {c.high:.0%}] against {rest}"
    return [
        Part(f"{word} {name} ("),
        Part(told, {"tab": "feels"}),
        Part(")"),
    ]


def _turn(turn: Turn | None) -> list[Part]:
    if turn is None:
        return []
    word = "rises" if turn.after[0] > turn.before[0] else "falls"
    told = " to ".join(
        f"{m:.0%} [{low:.0%}, {high:.0%}]" for m, low, high in (turn.before, turn.after)
    )
    return [
        Part(f" Since {_day(turn.at)} {turn.name} {word} from "),
        Part(told, {"tab": "time"}),
        Part("."),
    ]


def _quotes(head: str, chosen: Sequence[Quote], texts: Mapping[str, tuple[str, str]]) -> list[Part]:
    parts: list[Part] = []
    for quote in chosen:
        text, author = texts.get(quote.id, ("", ""))
        if not text:
            continue
        parts.append(Part("; " if parts else head))
        parts.append(Part(f"“{text}”", {"post": quote.id}))
        notes = ", ".join(filter(None, (author, quote.note)))
        parts.append(Part(f" ({notes})" if notes else ""))
    return [*parts, Part(".")] if parts else []


def _share(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def _day(seconds: int) -> str:
    return f"{pd.Timestamp(seconds, unit='s'):%Y-%m-%d}"
