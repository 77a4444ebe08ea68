"""How far the work on the posts of a corpus is, and a button that pauses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.shared.progress import show_share
from app.data import url_state

if TYPE_CHECKING:
    from backend.workspace.read_jobs import ReadJobs
    from backend.workspace.reindex_jobs import ReindexJobs

EVERY = 2.0  # seconds between two looks at the progress


@st.fragment(run_every=EVERY)
def show_job_progress(
    jobs: ReadJobs | ReindexJobs, corpus: str, key: str, verb: str, starting: str
) -> None:
    """Show a bar until no process works on the posts any more; then draw the page anew.

    Parameters
    ----------
    jobs : ReadJobs or ReindexJobs
    corpus : str
    key : str
        Of the button.
    verb, starting : str
        Name the work, and say that nothing is done yet.
    """
    state = jobs.state(corpus)
    if not state.active:
        st.rerun()
    seconds = getattr(state, "left", None)
    left = f", about {max(1, round(seconds / 60)):,} min left" if seconds else ""
    what = getattr(state, "part", "posts")
    text = f"{verb}: {state.done:,} of {state.total:,} {what}{left}" if state.total else starting
    show_share(state.done / state.total if state.total else 0.0, text)
    st.button(
        "Pause",
        key=key,
        icon=":material/pause:",
        type="tertiary",
        on_click=url_state.attempt,
        args=(jobs.pause, corpus),
    )
