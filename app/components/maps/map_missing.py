"""What a page shows if the corpus has no maps yet: the reason, and a button that builds them."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain, with_commands
from app.data import url_state
from app.data.session import corpus, workspace
from backend.domain import KindredError
from backend.settings import settings

SECONDS = 1.0  # between updates
NAMES = {"user": "map of users", "post": "map of posts", "words": "word spaces"}


def show_map_missing(error: KindredError) -> None:
    """Show why there is no map, the error ``no_map`` or ``no_words``; let the visitor build it."""
    if workspace().map_jobs.state(corpus()).stage == "making":
        st.fragment(_show_progress, run_every=SECONDS)()
        return
    st.info(with_commands(error.message), icon=":material/map:")
    if not settings().demo:
        _show_button()


def _show_button() -> None:
    state = workspace().map_jobs.state(corpus())
    if state.stage in ("done", "failed") and state.error:
        st.warning(plain(state.error), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Try again" if state.stage in ("failed", "stopped") or state.error else "Build now",
            icon=":material/scatter_plot:",
            type="primary",
            on_click=url_state.attempt,
            args=(workspace().map_jobs.start, corpus()),
            key="make_maps",
        )
        st.caption("Builds both maps and the word spaces in the background.", width="content")


def _show_progress() -> None:
    state = workspace().map_jobs.state(corpus())
    if state.stage != "making":
        st.rerun()  # the page shows the map, or why there is none
    doing = f"Building the {NAMES[state.part]}" if state.part in NAMES else "Starting"
    st.progress(state.share, text=f"{doing} · {state.share:.0%}")
    st.caption("You can leave this page; the work continues in the background.")
    st.button(
        "Stop",
        icon=":material/stop:",
        on_click=url_state.attempt,
        args=(workspace().map_jobs.cancel, corpus()),
        key="stop_maps",
    )
