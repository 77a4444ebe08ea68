"""A saved view or search: its name, which opens it, and a button that deletes it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.common.markup import plain
from app.data import url_state
from app.data.session import corpus, workspace
from backend.selections.views import View


def show_saved_view(
    view: View, on_open: Callable[[View], None], *, help: str | None = None
) -> None:
    """Show one row.

    Parameters
    ----------
    view : View
    on_open : callable
        Called with `view`.
    help : str, optional
        Tooltip of the name.
    """
    key = f"{view.page}_{view.name}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            plain(view.name),
            key=f"view_{key}",
            icon=":material/bookmark:",
            type="tertiary",
            help=help,
            on_click=on_open,
            args=(view,),
        )
        st.space("stretch")
        st.button(
            "Delete",
            key=f"delete_view_{key}",
            icon=":material/delete:",
            type="tertiary",
            on_click=url_state.attempt,
            args=(workspace().views.delete, view.page, view.name, corpus()),
        )
