"""A selection or a comparison as one HTML page, for somebody without Kindred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from backend.core.report import environment
from backend.selections.story import Fragment
from backend.selections.types import Comparison, Profile
from backend.settings import SYNTHETIC_CORPUS

PAGES = environment(Path(__file__).parent)


def of_selection(
    profile: Profile,
    *,
    parts: Sequence[Fragment],
    posts: Sequence[Mapping[str, Any]],
    links: Mapping[str, str],
    timeline: tuple[Sequence[str], Sequence[int], str],
    day: str,
) -> str:
    """Write the report of a selection.

    Parameters
    ----------
    profile : Profile
    parts : sequence of Fragment
        Its story.
    posts : sequence of mapping
        Typical posts: ``text``, ``image`` (Base64 of a WebP, may be empty) and ``url``.
    links : mapping of str to str
        Web address of quoted posts, by id.
    timeline : tuple
        Names of the steps, posts in each, and their unit; empty without times.
    day : str
        Of the report.
    """
    names, counts, unit = timeline
    name = _name(profile)
    return PAGES.get_template("report.html.j2").render(
        title=name, corpus=titled(profile.selection.corpus), day=day, parts=parts,
        links=_web(links), names=names, counts=counts, unit=unit, growth=(),
        sides=[_side(profile, name, profile.against, posts)],
    )  # fmt: skip


def of_comparison(
    names: tuple[str, str],
    comparison: Comparison,
    *,
    pictures: Sequence[Sequence[Mapping[str, Any]]],
    day: str,
) -> str:
    """Write the report of two compared selections; see `of_selection`."""
    both = (comparison.one, comparison.two)
    return PAGES.get_template("report.html.j2").render(
        title=f"{names[0]} and {names[1]}", corpus=titled(both[0].selection.corpus), day=day,
        parts=(), links={}, names=(), counts=(), unit="", growth=(),
        sides=[_side(p, names[i], names[1 - i], pictures[i]) for i, p in enumerate(both)],
    )  # fmt: skip


def of_sides(
    sides: Sequence[Mapping[str, Any]],
    growth: Sequence[Mapping[str, Any]],
    *,
    corpus: str,
    day: str,
) -> str:
    """Write the report of two sets of posts on one map.

    Parameters
    ----------
    sides : sequence of mapping
        Of both: ``name``, ``against``, ``note``, ``tags``, ``words``, ``contrasts`` (of the
        first one) and ``pictures``.
    growth : sequence of mapping
        The clusters that differ: ``name`` and the fields of `backend.trends.growth.Growth`.
    corpus, day : str
    """
    shown_sides = [{**side, "pictures": _pictures(side["pictures"])} for side in sides]
    return PAGES.get_template("report.html.j2").render(
        title=f"{sides[0]['name']} and {sides[1]['name']}", corpus=corpus, day=day, parts=(),
        links={}, names=(), counts=(), unit="", sides=shown_sides, growth=growth,
    )  # fmt: skip


def _side(
    profile: Profile, name: str, against: str, posts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    kind = profile.selection.kind.value
    return {
        "name": name,
        "against": against,
        "note": f"{profile.count:,} of {profile.total:,} {kind}s, compared with {against}. "
        f"{profile.tested:,} words and tags were tested.",
        "tags": profile.tags,
        "words": profile.words,
        "legends": profile.legends,
        "contrasts": [c for c in (*profile.emotions, profile.sentiment) if not isnan(c.mean)],
        "pictures": _pictures(posts),
    }


def _pictures(posts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**post, "url": _safe(str(post["url"]))} for post in posts]


def _name(profile: Profile) -> str:
    name = profile.selection.name or profile.selection.origin
    return name[:1].upper() + name[1:]


def titled(corpus: str) -> str:
    """Return the name of a corpus, which says whether it is synthetic."""
    return f"{corpus} (synthetic)" if corpus == SYNTHETIC_CORPUS else corpus


def _web(links: Mapping[str, str]) -> dict[str, str]:
    return {id_: url for id_, url in links.items() if _safe(url)}


def _safe(url: str) -> str:
    """Return an address of the web, and nothing for any other."""
    return url if url.lower().startswith(("https://", "http://")) else ""
