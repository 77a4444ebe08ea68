"""The page Compare, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.domain import Post
from tests.app.dated import WORDS, dated_corpus
from tests.app.pages import Open, messages, prose, shown
from tests.backend.trends.generated import Planted


@pytest.fixture(scope="module")
def truth(home: Path) -> Planted:
    dated_corpus(home, "others", seed=9)
    return dated_corpus(home, "sides")[1]


def test_before_and_after(open_page: Open, truth: Planted) -> None:
    at = open_page("compare", corpus="sides", at="2026-02-01")
    assert messages(at, "exception", "error") == []
    assert [h.value for h in at.header] == [
        "What grew and shrank", "What moved", "Feelings", "Words and pictures"
    ]  # fmt: skip
    before = int((truth.seconds < 1_769_904_000).sum())
    assert f"**Before 2026-02-01** · {before} posts" in prose(at)
    assert f"**From 2026-02-01** · {len(truth.seconds) - before} posts" in prose(at)


def test_two_values_of_a_column(open_page: Open, truth: Planted) -> None:
    at = open_page("compare", corpus="sides", how="column", by="label: place", a="north", b="west")
    assert messages(at, "exception", "error") == []
    told = prose(at).replace("\\", "")
    assert "**Label: place: north**" in told and "**Label: place: west**" in told
    at = at.selectbox(key="compare_b_west").set_value("south").run()
    assert messages(at, "exception", "error") == []
    assert at.query_params["b"] == "south"


def test_two_corpora(open_page: Open, truth: Planted) -> None:
    at = open_page("compare", corpus="sides", how="corpus", **{"with": "others"})
    assert messages(at, "exception", "error") == []
    assert "**Sides** · " in prose(at) and "**Others** · " in prose(at)
    assert any(word in shown(at, "html") for word in WORDS)


def test_corpora_of_different_bundles_are_not_compared(open_page: Open, truth: Planted) -> None:
    at = open_page("compare", corpus="sides", how="corpus", **{"with": "commons"})
    assert messages(at, "exception", "error") == []
    assert "different bundles" in shown(at, "info")


def test_one_side_without_posts(open_page: Open, truth: Planted, home: Path) -> None:
    at = open_page("compare", corpus="sides", at="1999-01-01")
    assert "All posts are on one side" in shown(at, "info")
    Corpus.create(home / "corpora" / "mapless", name="mapless").add([Post("1", text="one")])
    at = open_page("compare", corpus="mapless")
    assert messages(at, "exception", "error") == []
    assert "Build " in shown(at, "info")
