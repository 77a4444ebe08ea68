"""Ways from one page to another that keep the corpus that is looked at."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.data import url_state
from app.data.session import corpus


def query(**values: str | None) -> dict[str, str]:
    """Parameters of a link, the corpus among them where it is not the first one."""
    made = {name: value for name, value in values.items() if value}
    if where := corpus():
        made["corpus"] = where
    return made


def show_user_link(user: str, label: str, *, icon: str | None = ":material/person:") -> None:
    """Show the link to a user's page."""
    if url_state.page() == "user":
        # A link from a page to itself would leave the old address in the bar.
        st.button(
            plain(label),
            key=f"open_{user}_{label}",
            icon=icon,
            type="tertiary",
            on_click=url_state.put,
            args=({"user": user, "offset": None},),
        )
        return
    st.page_link("views/user.py", label=plain(label), icon=icon, query_params=query(user=user))
