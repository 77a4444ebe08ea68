"""The order of hits."""

from __future__ import annotations

from datetime import UTC, datetime

from backend.domain import Hit, Kind, Post
from backend.search.sorting import BEST, NEWEST, OLDEST, in_order


def _hit(id_: str, rank: int, relevance: str = "strong") -> Hit:
    return Hit(id_, Kind.POST, rank, 0.5, 50.0, relevance=relevance)


HITS = [_hit("old", 1), _hit("new", 2), _hit("undated", 3), _hit("far", 4, "hardly")]
POSTS = {
    "old": Post("old", text="x", time=datetime(2020, 1, 1, tzinfo=UTC), labels={"likes": "9"}),
    "new": Post("new", text="x", time=datetime(2024, 1, 1, tzinfo=UTC), labels={"likes": "10"}),
    "undated": Post("undated", text="x"),
    "far": Post("far", text="x", time=datetime(2025, 1, 1, tzinfo=UTC), labels={"likes": "99"}),
}


def _ids(order: str, hits: list[Hit] = HITS) -> list[str]:
    return [hit.id for hit in in_order(hits, POSTS, order)]


def test_relevant_hits_are_ordered_and_what_is_unknown_comes_last() -> None:
    assert _ids(BEST) == ["old", "new", "undated", "far"]
    assert _ids(NEWEST) == ["new", "old", "undated"]
    assert _ids(OLDEST) == ["old", "new", "undated"]
    assert _ids("most-likes") == ["new", "old", "undated"]  # numbers, not texts


def test_hardly_relevant_hits_are_ordered_where_there_are_no_others() -> None:
    assert _ids(NEWEST, [HITS[3]]) == ["far"]
