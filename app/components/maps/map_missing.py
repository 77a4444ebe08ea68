"""What a page shows if the corpus has no maps yet: the reason, and a button that builds them."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain, with_commands
from app.components.shared.progress import show_share
from app.data import url_state
from app.data.session import corpus, workspace
from backend.domain import KindredError
from backend.settings import settings

SECONDS = 1.0  # between updates
NAMES = {
    "user": "map of users",
    "post": "map of posts",
    "words": "word spaces",
    "families": "families of copies",
}


def show_map_missing(error: KindredError) -> None:
    """Show why there is no map: ``no_map``, ``no_words`` or ``no_families``; offer to build it."""
    if workspace().map_jobs.state(corpus()).stage == "making":
        st.fragment(show_progress, run_every=SECONDS)()
        return
    st.info(with_commands(error.message), icon=":material/map:")
    if not settings().demo:
        show_button("families" if error.code == "no_families" else None)


def show_button(only: str | None = None) -> None:
    """Offer to build the maps, or only one part; say why the last time failed."""
    state = workspace().map_jobs.state(corpus())
    if state.stage in ("done", "failed") and state.error:
        st.warning(plain(state.error), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Try again" if state.stage in ("failed", "stopped") or state.error else "Build now",
            icon=":material/scatter_plot:",
            type="primary",
            on_click=url_state.attempt,
            args=(workspace().map_jobs.start, corpus(), only),
            key="make_maps",
        )
        what = "the families of copies" if only else "both maps, word spaces and families"
        st.caption(f"Builds {what} in the background.", width="content")


def show_progress() -> None:
    """Show how far the work is; a fragment that runs again and again."""
    state = workspace().map_jobs.state(corpus())
    if state.stage != "making":
        st.rerun()  # the page shows the map, or why there is none
    doing = f"Building the {NAMES[state.part]}" if state.part in NAMES else "Starting"
    show_share(state.share, f"{doing} · {state.share:.0%}" if state.share else f"{doing} …")
    st.caption("You can leave this page; the work continues in the background.")
    st.button(
        "Stop",
        icon=":material/stop:",
        on_click=url_state.attempt,
        args=(workspace().map_jobs.pause, corpus()),
        key="stop_maps",
    )
