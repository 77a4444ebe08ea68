"""Example queries on an empty page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import esc, show
from app.components.shared.actions import show_link_button


def show_cards(queries: Sequence[tuple[str, str]], *, key: str, width: int) -> None:
    """Show each query with its explanation and a button that runs it.

    `key` is the prefix of the buttons' keys, `width` the least width of a card in pixels.
    """
    with st.grid(3, min_column_width=width):
        for i, (query, explanation) in enumerate(queries):
            with st.container(border=True, height="stretch"):
                # Streamlit's own element for code brings a highlighter of several languages.
                show(f'<code class="k-query">{esc(query)}</code>')
                st.caption(explanation)
                st.space("stretch")
                change = {"q": query, "k": None}
                show_link_button("Try it", change, icon="arrow_forward", key=f"{key}_{i}")
