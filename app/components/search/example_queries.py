"""Example queries on an empty page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.search.add_term import put_query


def show_cards(queries: Sequence[tuple[str, str]], *, key: str, width: int) -> None:
    """Show each query with its explanation and a button that runs it.

    Parameters
    ----------
    queries : sequence of (str, str)
        A query and its explanation.
    key : str
        Prefix of the keys of the buttons.
    width : int
        Least width of a card, in pixels.
    """
    with st.grid(3, min_column_width=width):
        for i, (query, why) in enumerate(queries):
            with st.container(border=True, height="stretch"):
                st.code(query, language=None, wrap_lines=True)
                st.caption(why)
                st.space("stretch")
                st.button(
                    "Try it",
                    key=f"{key}_{i}",
                    icon=":material/arrow_forward:",
                    type="tertiary",
                    on_click=put_query,
                    args=(query,),
                )
