"""Which vectors a corpus is shown by; a button that encodes it anew, and how far that is."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.corpora.job_progress import show_job_progress
from app.data import url_state
from app.data.session import workspace
from backend.domain import KindredError
from backend.settings import settings
from backend.workspace.corpus_models import OWN


def show_encoded(corpus: str) -> None:
    """Say which vectors a corpus has, and offer to encode what the active bundle has not."""
    try:
        jobs = workspace().reindex_jobs
        used, waiting = workspace().bundle_of(corpus), jobs.waiting(corpus)
        state = jobs.state(corpus)
    except KindredError:
        return  # the card says what is wrong with the corpus
    if used == OWN:
        st.caption("Shown by the vectors that came with its posts.")
        return
    st.caption(f"Encoded with {plain(used)}.")
    if state.stage == "encoding":
        show_job_progress(jobs, corpus, f"pause_encoding_{corpus}", "Encoding", "Starting")
        return
    if state.error:
        st.error(plain(state.error), icon=":material/error:")
    if not waiting or settings().demo:
        return
    active = workspace().bundle.name
    st.button(
        f"Encode {waiting:,} posts with {plain(active)}",
        key=f"encode_{corpus}",
        icon=":material/sync:",
        type="tertiary",
        help=f"The active bundle is {active}. Until all posts are encoded with it, the corpus is "
        f"shown and searched with {used}. It can be paused, and goes on where it stopped.",
        on_click=url_state.attempt,
        args=(jobs.start, corpus),
    )
