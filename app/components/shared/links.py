"""Links between pages that keep the corpus."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.shared.actions import show_link_button
from app.data import url_state
from app.data.session import corpus


def query(**values: str | None) -> dict[str, str]:
    """Return the parameters of a link, with the corpus unless it is the default one."""
    every = {**values, "corpus": corpus()}
    return {name: value for name, value in every.items() if value}


def show_user_link(user: str, label: str, *, icon: str = "person") -> None:
    """Show a link to a user's page."""
    if url_state.page() == "user":
        # A link from a page to itself would leave the old address in the bar.
        change, key = {"user": user, "offset": None}, f"open_{user}_{label}"
        show_link_button(plain(label), change, key=key, icon=icon)
        return
    icon = f":material/{icon}:"
    st.page_link("views/user.py", label=plain(label), icon=icon, query_params=query(user=user))
