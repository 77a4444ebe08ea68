"""What a selection can be compared with: clusters, saved selections, the one before."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.common.palette import counted
from app.data import url_state
from app.data.maps import map_of
from app.data.selection import saved, selected_before
from backend.domain import Kind, Selection

MENU = "compare_menu"  # the key of the popover around it
LABELS = {"group": "With a cluster", "saved": "With a saved selection"}


def show_partners(kind: Kind, selection: Selection, shown: str, level: str) -> None:
    """Let the visitor choose what to compare a selection with.

    Parameters
    ----------
    kind : Kind
    selection : Selection
    shown : str
        Its address on the page.
    level : str
        Of the clusters that are offered.
    """
    if before := selected_before():
        st.button(
            "With what was selected before",
            icon=":material/history:",
            key="compare_before",
            on_click=_compare_with,
            args=(before,),
        )
    clusters = sorted(map_of(kind).level(level).clusters, key=lambda c: -c.size)
    groups = {
        f"group:{level}:{c.id}": f"{plain(c.label)} · {counted(c.size, kind)}" for c in clusters
    }
    named = {f"saved:{s.name}": plain(s.name) for s in saved(kind) if s.name != selection.name}
    for how, offered in (("group", groups), ("saved", named)):
        offered.pop(shown, None)
        if offered:
            st.selectbox(
                LABELS[how],
                list(offered),
                index=None,
                format_func=offered.__getitem__,
                key=f"compare_{how}",
                on_change=_compare,
                args=(how,),
            )


def _compare(how: str) -> None:
    _compare_with(st.session_state[f"compare_{how}"])
    st.session_state[f"compare_{how}"] = None


def _compare_with(address: str | None) -> None:
    url_state.put({"vs": address})
    st.session_state[MENU] = False  # it would cover what it opened
