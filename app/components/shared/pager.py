"""A long list in pages; the address names the page."""

from __future__ import annotations

import streamlit as st

from app.data import url_state
from backend.core.urls import parse_int


def page_start(total: int, name: str = "offset") -> int:
    """Return where the page in the address begins; 0 if there is no such page.

    Parameters
    ----------
    total : int
        Number of items.
    name : str
        The parameter of the address.
    """
    start = parse_int(url_state.get(name))
    return start if start is not None and start < total else 0


def page_words(start: int, size: int, total: int) -> str:
    """Name the items of a page, as in "13 to 24 of 412"; empty if there is none."""
    return f"{start + 1:,} to {min(start + size, total):,} of {total:,}"


def show_pager(
    start: int,
    size: int,
    total: int,
    *,
    name: str = "offset",
    more: str = "More posts",
    caption: bool = False,
) -> None:
    """Show the buttons to the previous and the next page.

    Parameters
    ----------
    start, size, total : int
        First item of the page, items per page, number of items.
    name : str
        The parameter of the address.
    more : str
        Label of the button to the next page.
    caption : bool
        Whether to show between the buttons which items are shown.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        if start:
            back = (name, start - size)
            st.button("Back", icon=":material/chevron_left:", on_click=_to, args=back)
        if caption:
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
