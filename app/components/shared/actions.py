"""Buttons that do something to a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from app.data import url_state


def show_action(
    label: str,
    icon: str,
    action: Callable[[str], object],
    id: str,
    *,
    prefix: str = "",
    type: Literal["primary", "secondary", "tertiary"] = "secondary",
) -> None:
    """Show a button that runs an action on a job; `url_state.show_problem` shows a failure.

    Parameters
    ----------
    label, icon : str
    action : callable
        Takes the id of the job.
    id : str
    prefix : str
        Of the button's key, before label and id.
    type : {"primary", "secondary", "tertiary"}
    """
    st.button(
        label,
        key=f"{prefix}{label.lower()}_{id}",
        icon=f":material/{icon}:",
        type=type,
        on_click=url_state.attempt,
        args=(action, id),
    )
