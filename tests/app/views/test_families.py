"""The page of families, on the synthetic corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.components.families.overview import facts, first_seen
from app.data.session import workspace
from assets.build.larkhaven.__main__ import TRUTH
from backend.corpus import Corpus
from backend.domain import Post
from backend.families.types import Family
from tests.app.pages import Open, messages, prose, shown

WHERE = {"corpus": "larkhaven"}
FAMILIES = json.loads(TRUTH.read_text("utf-8"))["families"]


def test_the_page_shows_families_and_who_posted_the_same_within_minutes(open_page: Open) -> None:
    at = open_page("families", **WHERE)
    assert messages(at, "exception", "error", "warning") == []
    assert "Coordinated posting" in [heading.value for heading in at.header]
    said = shown(at, "html")
    assert "16 users</b>" in said or "16 users posted the same within minutes, twice" in said
    assert "Say YES on Sunday" in said and "11 posts" in said
    assert "not why" in prose(at)
    assert "Synthetic corpus" in prose(at)


def test_a_card_says_how_many_variants_and_how_long_it_took() -> None:
    nan = float("nan")
    assert facts(Family("a", 7, 0, 3, ("text",), nan, nan)) == "in 3 variants; same text"
    assert facts(Family("a", 7, 2, 1, ("text",), 0, 0)) == "by 2 users in 1 variant; same text"
    years = Family("a", 7, 2, 1, ("text",), 0.0, 3.1 * 365 * 86_400)
    assert first_seen(years, "Ann") == "First on 1 January 1970, 00:00 by Ann; spread over 3 years"
    once = Family("a", 7, 2, 1, ("text",), 0.0, 0.0)
    assert first_seen(once, "") == "First on 1 January 1970, 00:00; all at once"


def test_the_button_below_the_families_says_what_it_brings(open_page: Open) -> None:
    assert "More families" in [button.label for button in open_page("families").button]


@pytest.mark.parametrize("by", ["image", "text", "audio"])
@pytest.mark.parametrize("order", ["newest", "variants"])
def test_one_kind_in_an_order(open_page: Open, by: str, order: str) -> None:
    at = open_page("families", **WHERE, by=by, order=order)
    assert messages(at, "exception", "error", "warning") == []
    assert f"same {by}" in shown(at, "html") or "and " in shown(at, "html")


def test_a_family_tells_its_first_post_its_variants_and_how_it_spread(open_page: Open) -> None:
    ids = FAMILIES["the free tickets"]
    at = open_page("families", **WHERE, family=ids[0])
    assert messages(at, "exception", "error", "warning") == []
    assert f"A family of {len(ids)} posts" in [heading.value for heading in at.header]
    assert {"How it spread", "Variants"} <= {heading.value for heading in at.subheader}
    said = shown(at, "html")
    assert "17 March 2026, 08:05" in said and "FOUR free return tickets" in said


def test_a_family_that_is_not_there(open_page: Open) -> None:
    at = open_page("families", **WHERE, family="nothing")
    assert messages(at, "exception", "error") == []
    assert "There is no such family" in shown(at, "info")


def test_search_and_the_map_fold_copies(open_page: Open) -> None:
    query = {"q": '"Biscuit is missing"', "to": "post"}
    unfolded = open_page("search", **WHERE, **query)
    assert "copies folded" not in prose(unfolded)
    folded = open_page("search", **WHERE, **query, fold="1")
    assert messages(folded, "exception", "error") == []
    assert "copies folded" in prose(folded)
    assert "Showing all 700 posts" in prose(open_page("posts", **WHERE))
    at = open_page("posts", **WHERE, fold="1")
    assert messages(at, "exception", "error") == []
    assert "of 700 posts" in prose(at)


def test_a_corpus_that_nobody_compared_and_posts_that_came_later(
    open_page: Open, home: Path
) -> None:
    corpus = Corpus.create(home / "corpora" / "uncompared", name="uncompared")
    corpus.add([Post("1", text="one"), Post("2", text="two")])
    at = open_page("families", corpus="uncompared")
    assert messages(at, "exception", "error") == []
    assert "Nobody has looked for copies" in shown(at, "info")
    assert "Build now" in [button.label for button in at.button]
    workspace().families.make("uncompared")
    at = open_page("families", corpus="uncompared")
    assert "No post of this corpus is a copy of another." in shown(at, "info")
    workspace().corpus("uncompared").add([Post("3", text="three")])
    at = open_page("families", corpus="uncompared")
    assert messages(at, "exception", "error") == []
    assert "1 post came since" in shown(at, "info")
