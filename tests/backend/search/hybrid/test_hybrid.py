"""Hybrid search over the shipped corpus: one workspace, real models."""

from __future__ import annotations

import re

import pytest

from backend.domain import Hit, Kind
from backend.search import Filter
from backend.workspace.workspace import Workspace


def hits(workspace: Workspace, line: str, kind: Kind = Kind.POST, k: int = 10) -> list[Hit]:
    return workspace.search(line, [kind], k).hits[kind]


def texts(workspace: Workspace, found: list[Hit]) -> list[str]:
    posts = workspace.posts([hit.id for hit in found])
    return [" ".join(filter(None, (p.title, p.text, *p.tags))).lower() for p in posts.values()]


@pytest.mark.parametrize(
    ("line", "relevant", "least"),
    [
        pytest.param("birthday party", r"birthday|party|balloon|cake", 9, id="english"),
        pytest.param("Weihnachten", r"christmas|santa|reindeer", 9, id="german"),
        pytest.param("frutas tropicales", r"fruit|banana|pineapple|mango|kiwi", 8, id="spanish"),
        pytest.param("people angry about trains", r"train|railway|angry|locomotive", 8, id="both"),
    ],
)
def test_what_is_asked_for_is_found_in_any_language(
    workspace: Workspace, line: str, relevant: str, least: int
) -> None:
    found = texts(workspace, hits(workspace, line))
    assert sum(bool(re.search(relevant, text)) for text in found) >= least


def test_hits_say_how_likely_they_are_and_why(workspace: Workspace) -> None:
    best = hits(workspace, "coffee in the morning")[0]
    assert best.relevance == "strong" and "words" in best.parts and "coffee" in best.matched
    scores = [hit.score for hit in hits(workspace, "coffee in the morning")]
    assert scores == sorted(scores, reverse=True) and 0 < scores[-1] <= scores[0] < 1
    nothing = hits(workspace, "mortgage refinancing of municipal debt obligations")
    assert "strong" not in {hit.relevance for hit in nothing}


def test_an_exact_phrase_comes_first(workspace: Workspace) -> None:
    first = hits(workspace, '"sleeping cat"')[0]
    assert "phrase" in first.parts and "sleeping cat" in texts(workspace, [first])[0]


def test_signs_work_in_every_part(workspace: Workspace) -> None:
    plain, without = hits(workspace, "cat", k=20), hits(workspace, "cat - face", k=20)
    faces = [sum("face" in text for text in texts(workspace, some)) for some in (plain, without)]
    assert faces[1] < faces[0]


def test_filters_and_duplicates_hold_for_every_part(workspace: Workspace) -> None:
    filters = Filter(sources=("tuxpaint",))
    found = workspace.search("cat", [Kind.POST], 20, filters).hits[Kind.POST]
    posts = workspace.posts([hit.id for hit in found])
    assert len(found) == 20 and {post.source for post in posts.values()} == {"tuxpaint"}
    maps = [hit.id for hit in hits(workspace, "map", k=50)]
    assert len(set(workspace.searcher().index(Kind.POST).groups_of(maps).tolist())) == 50
    images = [hit.id for hit in hits(workspace, "cat", Kind.IMAGE)]
    assert all(post.image for post in workspace.posts(images).values())


def test_users_are_found_by_name_without_accents(workspace: Workspace) -> None:
    user = workspace.find_users(limit=1)[0]
    assert hits(workspace, f'"{user.name.upper()}"', Kind.USER)[0].id == user.id
    assert user.id in {found.id for found in workspace.find_users(user.name[2:], limit=100)}


def test_half_of_what_was_asked_for_is_no_strong_match(workspace: Workspace) -> None:
    found = hits(workspace, "people angry about trains", k=20)
    felt = workspace.predictions([hit.id for hit in found])
    plain = [h for h in found if "trains" in h.matched and felt[h.id].emotion["anger"] < 0.1]
    assert plain and {hit.relevance for hit in plain}.isdisjoint({"strong"})
    assert hits(workspace, "train")[0].relevance == "strong"


def test_duplicates_are_counted_and_shown_where_all_are_wanted(workspace: Workspace) -> None:
    found = hits(workspace, "map", k=50)
    alike = [id_ for hit in found for id_ in hit.alike]
    assert alike and not {hit.id for hit in found} & set(alike)
    every = workspace.search("map", [Kind.POST], 300, distinct=False).hits[Kind.POST]
    assert not any(hit.alike for hit in every)
    assert len({hit.id for hit in every}) > len(found)
