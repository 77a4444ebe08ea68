"""Saved searches: the query with its filters and order, under a name."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.common.markup import plain
from app.components.shared.saved_view import show_saved_view
from app.data import url_state
from app.data.session import corpus, workspace
from backend.search.filters import Filter
from backend.selections.views import View
from backend.settings import settings

_KEPT = ("q", "to", "sort", "within", "of", *Filter.__dataclass_fields__)
_NAME = "saved_search_name"
_PAGE = "search"


def _save(address: Mapping[str, str]) -> None:
    view = View(st.session_state[_NAME], _PAGE, address)
    url_state.attempt(workspace().views.save, view, corpus())
    st.session_state[_NAME] = ""


def _open(view: View) -> None:
    url_state.put({**dict.fromkeys((*_KEPT, "k")), **view.settings})


def show_saved(*, query: bool) -> None:
    """Show the saved searches of the corpus, and a field to save the one on the page."""
    saved = [view for view in workspace().views.list(corpus()) if view.page == _PAGE]
    if not saved and not query:
        return
    title = f"Saved ({len(saved)})" if saved else "Save"
    with st.popover(title, icon=":material/bookmark:", key="saved_searches"):
        for view in saved:
            show_saved_view(view, _open, help=plain(view.settings.get("q", "")))
        if query:
            address = {name: value for name in _KEPT if (value := url_state.get(name))}
            st.text_input(
                "Save this search as", key=_NAME, max_chars=80, on_change=_save, args=(address,)
            )
            if settings().demo:
                st.caption(
                    "This is a demo: a saved search is lost when you close or reload the page."
                )
            else:
                st.caption("With its filters and order. Press Enter to save.")
