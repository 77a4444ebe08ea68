"""The order of the hits of a search: best first, by time, or by a number such as likes."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.data import url_state
from app.data.session import overview
from backend.domain import Kind
from backend.search.sorting import BEST, MOST, NEWEST, OLDEST

_WIDGET = "search_sort"
_NUMBERS = 5  # labels that are numbers, such as likes
OF_POSTS = (Kind.POST, Kind.TEXT, Kind.IMAGE, Kind.AUDIO)


def orders() -> dict[str, str]:
    """Return the orders that the corpus allows, with their names."""
    known = overview()
    names = {BEST: "Best first"}
    if known.timeline:
        names |= {NEWEST: "Newest first", OLDEST: "Oldest first"}
    return names | {f"{MOST}{one}": f"Most {one}" for one in known.numbers[:_NUMBERS]}


def show_sort() -> str:
    """Let the visitor choose the order; it is kept in the address."""
    names = orders()
    if len(names) == 1:
        return BEST
    url_state.follow_choice(_WIDGET, "sort", BEST, names)
    return str(
        st.selectbox(
            "Sort",
            list(names),
            format_func=lambda one: plain(names[one]),
            key=_WIDGET,
            on_change=url_state.put_widget,
            args=(_WIDGET, "sort", BEST),
            width=170,
        )
    )
