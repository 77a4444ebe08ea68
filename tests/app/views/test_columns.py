"""Filters by columns, the table and the views of a map, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.data.session import workspace
from backend.settings import settings
from tests.app.dated import UNDATED, dated_corpus
from tests.app.pages import Open, messages, prose
from tests.backend.trends.generated import Planted


@pytest.fixture(scope="module")
def truth(home: Path) -> Planted:
    return dated_corpus(home, "columns")[1]


def test_filters_of_several_columns_are_joined(open_page: Open, truth: Planted) -> None:
    where = "label%3A place=north|west~label%3A likes=10..19~language=en"
    at = open_page("posts", corpus="columns", where=where, panel="columns")
    assert messages(at, "exception", "error") == []
    n = len(truth.seconds) + UNDATED
    keep = [i for i in range(n) if i % 3 in (0, 2) and 10 <= i % 50 <= 19 and i % 2 == 0]
    assert f"Showing {len(keep)} of " in prose(at)
    labels = [b.label.replace("\\", "") for b in at.button if "_without_" in str(b.key)]
    assert labels == ["Label: place: north, west", "Label: likes: 10 to 19", "Language: English"]
    at = at.button(key="post_without_label: likes").click().run()
    assert at.query_params["where"] == "label%3A place=north|west~language=en"
    at = at.button(key="post_select_shown").click().run()
    keep = [i for i in range(n) if i % 3 in (0, 2) and i % 2 == 0]
    assert f"**{len(keep)}** of " in prose(at)


def test_what_no_column_has_is_left_out(open_page: Open, truth: Planted) -> None:
    at = open_page(
        "posts", corpus="columns", where="nothing=1~language=xx~joy=a..b~=", panel="table"
    )
    assert messages(at, "exception", "error") == []
    assert "Showing all " in prose(at)


def test_the_table_is_sorted_by_any_column(open_page: Open, truth: Planted) -> None:
    at = open_page("posts", corpus="columns", panel="table")
    at = at.selectbox(key="post_sort").set_value("label: likes").run()
    assert messages(at, "exception", "error") == []
    first = [int(id_[1:]) % 50 for id_ in at.dataframe[0].value["id"]]
    assert first[0] == 49 and first == sorted(first, reverse=True)
    assert "50 of " in prose(at)
    # No post has a title: the empty column would only push the texts out of view.
    assert {"text", "user"} <= {*at.dataframe[0].value}
    assert "title" not in at.dataframe[0].value


@pytest.mark.parametrize("demo", [False, True])
def test_a_view_is_kept_opened_and_deleted(
    open_page: Open, truth: Planted, monkeypatch: pytest.MonkeyPatch, demo: bool
) -> None:
    monkeypatch.setenv("KINDRED_DEMO", str(demo).lower())
    settings.cache_clear()
    folder = settings().home / "views"
    before = sorted(folder.rglob("*"))
    try:
        told = {"corpus": "columns", "colour": "emotion", "where": "language=de"}
        at = open_page("posts", **told, time="2026-01-11..2026-02-13", panel="columns")
        at.text_input(key="posts_view_name").set_value("German  winter")
        at = next(b for b in at.button if b.label == "Save view").click().run()
        assert messages(at, "exception", "error") == []
        at.query_params.clear()
        at.query_params["corpus"] = "columns"
        at = at.run()
        at = at.button(key="view_posts_German winter").click().run()
        assert messages(at, "exception", "error") == []
        assert at.query_params["where"] == "language=de"
        assert at.query_params["time"] == "2026-01-11..2026-02-13"
        assert (sorted(folder.rglob("*")) == before) is demo
        at = at.button(key="delete_view_posts_German winter").click().run()
        assert messages(at, "exception", "error") == []
        assert not [b for b in at.button if str(b.key).startswith("view_")]
        assert workspace().views.list("columns") == []
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_view_needs_a_name(open_page: Open, truth: Planted) -> None:
    at = open_page("users", corpus="columns")
    at = next(b for b in at.button if b.label == "Save view").click().run()
    assert "Enter a name" in "\n".join(messages(at, "error"))
