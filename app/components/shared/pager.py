"""A long list, a page at a time; the address says which."""

from __future__ import annotations

import streamlit as st

from app.data import url_state
from backend.core.urls import parse_int


def page_start(total: int, name: str = "offset") -> int:
    """Where the page that the address asks for begins; 0 when there is no such page.

    Parameters
    ----------
    total : int
        Items in all.
    name : str
        The parameter of the address.
    """
    asked = parse_int(url_state.get(name))
    return asked if asked is not None and asked < total else 0


def page_words(start: int, size: int, total: int) -> str:
    """Say which items are shown, as in "13 to 24 of 412"."""
    return f"{start + 1:,} to {min(start + size, total):,} of {total:,}"


def show_pager(
    start: int,
    size: int,
    total: int,
    *,
    name: str = "offset",
    more: str = "More posts",
    told: bool = False,
) -> None:
    """Show the ways back and on.

    Parameters
    ----------
    start, size, total : int
        Where the page begins, how many items a page has, how many there are.
    name : str
        The parameter of the address.
    more : str
        On the way on.
    told : bool
        Say between the two which items are shown.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        if start:
            back = (name, start - size)
            st.button("Back", icon=":material/chevron_left:", on_click=_to, args=back)
        if told:
            st.caption(page_words(start, size, total))
        if start + size < total:
            st.button(
                more,
                icon=":material/chevron_right:",
                icon_position="right",
                on_click=_to,
                args=(name, start + size),
            )


def _to(name: str, offset: int) -> None:
    url_state.put({name: max(offset, 0) or None})
