"""The address of a page is its state."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from app.data import session
from tests.waiting import PATIENCE


def page() -> None:
    import streamlit as st

    from app.data import url_state

    url_state.enter(st.session_state.get("where", "analyse"))

    def typed() -> None:
        text = st.session_state["line"]
        url_state.put({"q": text if len(text) < 10 else None}, own=True)

    url_state.follow("line", "q")
    st.text_input("Line", key="line", on_change=typed)
    st.button("Both", on_click=lambda: url_state.put({"q": "two", "k": 4}))
    st.button("None", on_click=lambda: url_state.put({"q": None, "k": ""}))
    url_state.leave(st.session_state.get("where", "analyse"))


def test_a_link_fills_the_widget() -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE)
    at.query_params["q"] = "sunset"
    assert at.run().text_input(key="line").value == "sunset"


def test_typing_changes_the_link() -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE).run()
    at.text_input(key="line").set_value("rain").run()
    assert at.query_params["q"] == "rain"
    assert at.text_input(key="line").value == "rain"


def test_several_at_once_and_away_again() -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE).run()
    at.button[0].click().run()
    assert at.query_params["q"] == "two" and at.query_params["k"] == "4"
    assert at.text_input(key="line").value == "two"
    at.button[1].click().run()
    assert not at.query_params


def test_back_and_forward_win_over_the_widget() -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE).run()
    at.text_input(key="line").set_value("rain").run()
    at.query_params["q"] = "before"
    at.run()
    assert at.text_input(key="line").value == "before"
    assert at.query_params["q"] == "before"


def test_a_page_comes_back_as_it_was_left() -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE).run()
    at.text_input(key="line").set_value("rain").run()
    at.query_params.clear()
    at.session_state["where"] = "search"
    at.run()
    assert "q" not in at.query_params
    at.session_state["where"] = "analyse"
    at.run()
    assert at.query_params["q"] == "rain"
    assert at.text_input(key="line").value == "rain"


def test_what_is_too_long_for_a_link_stays_on_the_page() -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE)
    at.query_params["q"] = "short"
    at.run()
    at.text_input(key="line").set_value("longer than a link").run()
    assert "q" not in at.query_params
    assert at.run().text_input(key="line").value == "longer than a link"


def test_the_corpus_stays_from_page_to_page(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ["commons", "mine"]
    workspace = SimpleNamespace(has_corpus=lambda name: name in here)
    monkeypatch.setattr(session, "workspace", lambda: workspace)

    def go(where: str) -> AppTest:
        at.query_params.clear()  # as the navigation does
        at.session_state["where"] = where
        return at.run()

    at = AppTest.from_function(page, default_timeout=PATIENCE).run()
    at.text_input(key="line").set_value("rain").run()
    at.query_params["corpus"] = "mine"  # it is opened
    at.run()
    assert dict(go("search").query_params) == {"corpus": "mine"}
    assert dict(go("users").query_params) == {"corpus": "mine"}
    assert go("analyse").query_params["q"] == "rain"  # of that corpus
    del at.query_params["corpus"]  # the first one is chosen again
    at.run()
    assert "corpus" not in go("search").query_params
    at.query_params["corpus"] = "mine"
    at.run()
    here.remove("mine")  # deleted meanwhile
    assert "corpus" not in go("users").query_params
