"""A demo stores nothing: what visitors keep is in memory, and each sees only their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.settings import settings
from tests.app.pages import Open, messages, shown

PAGES = ("overview", "analyse", "search", "users", "posts", "families", "reactions", "trends")
PAGES += ("compare", "words", "user", "corpora", "label", "train")


@pytest.fixture
def demo(home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    open_page("corpora")  # the shipped corpora are imported when they are first opened
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()


def state(home: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(home)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file()
    }


def relabelled(open_page: Open) -> tuple[AppTest, str]:
    """The page of a visitor who has corrected a label."""
    at = open_page("errors", view="labels", models="vader")
    choice = next(c for c in at.segmented_control if str(c.key).startswith("relabel_"))
    other = next(o for o in ("negative", "neutral", "positive") if o not in choice.value)
    return choice.set_value(other).run(), str(choice.key).removeprefix("relabel_")


def test_a_walk_leaves_the_home_as_it_was(demo: None, home: Path, open_page: Open) -> None:
    before = state(home)
    for page in PAGES:
        assert messages(open_page(page), "exception") == []
    at = open_page("analyse", text="What a lovely day by the sea")
    assert messages(at, "exception", "error") == []
    at = open_page("search", q="storm")
    assert messages(at, "exception", "error") == []

    at = open_page("posts", sel="group:medium:0")
    at.text_input(key="save_group:medium:0").set_value("Mine")
    at = next(b for b in at.button if b.label == "Save").click().run()
    assert messages(at, "exception", "error") == []
    assert at.query_params["sel"] in ("saved:Mine", ["saved:Mine"])
    assert messages(at.run(), "warning") == []  # it opens again
    other = open_page("posts", sel="saved:Mine")
    assert "Mine" in shown(other, "warning")  # another visitor does not have it

    at, id_ = relabelled(open_page)
    assert messages(at, "exception") == []
    assert any(h.value == "1 correction" for h in at.subheader)
    other = open_page("errors", view="labels", models="vader")
    assert not any("correction" in h.value for h in other.subheader)
    at = at.button(key=f"undo_{id_}").click().run()
    assert not any("correction" in h.value for h in at.subheader)
    assert state(home) == before


def test_what_the_administrator_saved_stays(demo: None, home: Path, open_page: Open) -> None:
    settings().demo = False
    at = open_page("posts", sel="group:medium:0")
    at.text_input(key="save_group:medium:0").set_value("Curated")
    at = next(b for b in at.button if b.label == "Save").click().run()
    settings().demo = True
    before = state(home)
    at = open_page("posts")
    at = at.button(key="delete_Curated").click().run()
    assert messages(at, "exception") == []
    assert "nothing is stored" in shown(at, "error", "warning")
    assert state(home) == before
    settings().demo = False
    at = open_page("posts")
    assert messages(at.button(key="delete_Curated").click().run(), "exception") == []
