"""What is damaged, and a button that sets it aside."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.common.markup import with_commands
from app.data import url_state
from app.data.session import workspace
from backend.settings import settings


def show_set_aside(action: Callable[..., object], *args: str) -> None:
    """Show a button that sets something damaged aside; a demo has none."""
    if settings().demo:
        return
    st.button(
        "Set aside",
        key=f"set_aside_{'_'.join((action.__name__, *args))}",
        icon=":material/move_to_inbox:",
        help="Moves it into the folder set-aside of the workspace. Nothing is deleted.",
        on_click=url_state.attempt,
        args=(action, *args),
    )


def show_damaged_bundle() -> None:
    """Say that the active bundle cannot be used, and what is used in its place."""
    opened = workspace()
    if not opened.bundle_problem:
        return
    with st.container(border=True, key="damaged_bundle"):
        st.error(
            f"{with_commands(opened.bundle_problem)} Until then the models that come with Kindred "
            "are in use.",
            icon=":material/error:",
        )
        show_set_aside(opened.set_aside.bundle)


def show_damaged_selections(corpus: str | None) -> None:
    """Say which saved selections cannot be read."""
    damaged = workspace().selections.damaged(corpus)
    if damaged:
        count = f"{len(damaged)} saved selection{'s are' if len(damaged) > 1 else ' is'}"
        st.warning(f"{count} damaged and cannot be opened.", icon=":material/warning:")
        show_set_aside(workspace().set_aside.selections, *([corpus] if corpus else []))
