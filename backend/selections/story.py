"""The story of a group: a paragraph of measured facts, each of which says where it is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from backend.core.times import iso_day
from backend.domain import EMOTIONS_AND_POSITIVE, Kind
from backend.metrics.significance import ALPHA
from backend.selections.item_table import ItemTable
from backend.selections.profiles import post_rows
from backend.selections.types import Contrast, OverRepresented, Profile
from backend.trends import Burst, Change

_QUOTES, _WORDS, _FEELINGS = 2, 3, 3


@dataclass(frozen=True, slots=True)
class Fragment:
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
class Facts:
    """What a story tells beside a profile.

    Attributes
    ----------
    users : int
        Authors of the posts; 0 where posts have none.
    seconds : numpy.ndarray
        ``(n,)`` int64 since 1970, ascending: the times of its dated posts.
    burst : Burst, optional
        Its strongest.
    typical, dissenting : tuple of Quote
    change : Change, optional
        Of its feelings: the strongest.
    """

    users: int
    seconds: np.ndarray
    burst: Burst | None
    typical: tuple[Quote, ...]
    dissenting: tuple[Quote, ...]
    change: Change | None = None


def tell(profile: Profile, facts: Facts, texts: Mapping[str, tuple[str, str]]) -> list[Fragment]:
    """Write the story of a group.

    Parameters
    ----------
    profile : Profile
    facts : Facts
    texts : mapping of str to (str, str)
        Text and author of each quoted post.
    """
    parts = [*_size(profile, facts), *_time(profile, facts), *_topics(profile)]
    parts += [*_feelings(profile), *_change(facts.change)]
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


def _size(profile: Profile, facts: Facts) -> list[Fragment]:
    noun = "users" if profile.selection.kind is Kind.USER else "posts"
    name = profile.selection.name or profile.selection.origin
    share = profile.count / max(profile.total, 1)
    parts = [
        Fragment(f"{name[:1].upper()}{name[1:]}: "),
        Fragment(f"{profile.count:,}", {"tab": "table"}),
        Fragment(f" of {profile.total:,} {noun} ({_share(share)})"),
    ]
    if profile.selection.kind is Kind.USER:
        parts += [Fragment(", with "), Fragment(f"{profile.posts:,} posts", {"tab": "posts"})]
    elif facts.users:
        users = f"{facts.users:,} user{'' if facts.users == 1 else 's'}"
        parts += [Fragment(" by "), Fragment(users, {"tab": "table"})]
    return [*parts, Fragment(".")]


def _time(profile: Profile, facts: Facts) -> list[Fragment]:
    n = len(facts.seconds)
    if not n:
        return [Fragment(" None of its posts has a time.")]
    first, last = int(facts.seconds[0]), int(facts.seconds[-1])
    begin, end = iso_day(first), iso_day(last)
    link, days = ("on", begin) if begin == end else ("from", f"{begin} to {end}")
    parts = [Fragment(f" Posted {link} ")]
    if n < profile.posts:
        parts = [Fragment(f" {n:,} of its {profile.posts:,} posts have a time: {link} ")]
    parts += [Fragment(days, {"time": f"{first}..{last + 1}"})]
    if facts.burst is not None:
        burst = (facts.burst.start, facts.burst.end)
        parts += [
            Fragment(", with a burst of "),
            Fragment(f"{facts.burst.posts:,} posts", {"time": f"{burst[0]}..{burst[1]}"}),
        ]
        first_day, last_day = iso_day(burst[0]), iso_day(burst[1] - 1)
        if first_day != last_day:
            parts.append(Fragment(f" {first_day} to {last_day}"))
        elif first_day != days:
            parts.append(Fragment(f" on {first_day}"))
    elif n >= 4 and begin != end:
        low, high = (int(facts.seconds[int(n * q)]) for q in (0.25, 0.75))
        parts.append(Fragment(f", half of them from {iso_day(low)} to {iso_day(high)}"))
    return [*parts, Fragment(".")]


def _topics(profile: Profile) -> list[Fragment]:
    terms: dict[str, OverRepresented] = {}
    for term in (*profile.tags[:_WORDS], *profile.words[:_WORDS]):
        terms.setdefault(term.term.casefold(), term)
    if not terms:
        return [Fragment(" No word or tag sets it apart.")]
    parts = [Fragment(" More often than in the rest: ")]
    for i, term in enumerate([*terms.values()][:_WORDS]):
        parts += [
            Fragment(", " if i else ""),
            Fragment(f"“{term.term}” ("),
            Fragment(f"{_share(term.share)} against {_share(term.rest_share)}", {"tab": "says"}),
            Fragment(")"),
        ]
    return [*parts, Fragment(".")]


def _feelings(profile: Profile) -> list[Fragment]:
    differing = [
        c
        for c in (*profile.emotions, profile.sentiment)
        if not isnan(c.p) and c.p < ALPHA and abs(c.mean - c.rest) >= 0.01
    ]
    if not differing:
        if isnan(profile.sentiment.mean):
            return []
        return [Fragment(" Its feelings do not differ significantly from the rest.")]
    differing.sort(key=lambda c: -abs(c.mean - c.rest))
    parts = [Fragment(" It feels ")]
    for i, c in enumerate(differing[:_FEELINGS]):
        parts += [Fragment(", " if i else ""), *_feeling(c)]
    return [*parts, Fragment(".")]


def _feeling(c: Contrast) -> list[Fragment]:
    word = "more" if c.mean > c.rest else "less"
    rest = f"{c.rest:.0%} [{c.rest_low:.0%}, {c.rest_high:.0%}]"
    means = f"{c.mean:.0%} [{c.low:.0%}, {c.high:.0%}] against {rest}"
    return [Fragment(f"{word} {c.name} ("), Fragment(means, {"tab": "feels"}), Fragment(")")]


def _change(change: Change | None) -> list[Fragment]:
    if change is None:
        return []
    shift = change.shifts[0]
    word = "rises" if shift.difference > 0 else "falls"
    means = " to ".join(
        f"{m:.0%} [{low:.0%}, {high:.0%}]" for m, low, high in (shift.before, shift.after)
    )
    return [
        Fragment(f" Since {iso_day(change.at)} {shift.name} {word} from "),
        Fragment(means, {"tab": "time"}),
        Fragment("."),
    ]


def _quotes(
    head: str, chosen: Sequence[Quote], texts: Mapping[str, tuple[str, str]]
) -> list[Fragment]:
    parts: list[Fragment] = []
    for quote in chosen:
        text, author = texts.get(quote.id, ("", ""))
        if not text:
            continue
        parts.append(Fragment("; " if parts else head))
        parts.append(Fragment(f"“{text}”", {"post": quote.id}))
        notes = ", ".join(filter(None, (author, quote.note)))
        parts.append(Fragment(f" ({notes})" if notes else ""))
    return [*parts, Fragment(".")] if parts else []


def _share(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
