"""Images and sounds of a corpus that were not read: a button, and how far it is."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.common.palette import counted
from app.components.corpora.job_progress import show_job_progress
from app.data import url_state
from app.data.session import workspace
from backend.domain import KindredError
from backend.settings import settings


def show_unread(corpus: str) -> None:
    """Offer to read what was not read, or show how far it is; nothing where all is read."""
    if settings().demo:
        return
    try:
        jobs = workspace().read_jobs
        state = jobs.state(corpus)
        if state.active:
            show_job_progress(jobs, corpus, f"pause_{corpus}", "Reading", "Reading …")
            return
        unread = jobs.unread(corpus)
    except KindredError:
        return  # the card says what is wrong with the corpus
    if state.error:
        st.error(plain(state.error), icon=":material/error:")
    if not unread.images and not unread.sounds:
        return
    counts = [counted(unread.images, "image"), counted(unread.sounds, "sound")]
    what = " and ".join(c for c, n in zip(counts, (unread.images, unread.sounds), strict=True) if n)
    st.button(
        f"Read {what}",
        key=f"read_{corpus}",
        icon=":material/document_scanner:",
        type="tertiary",
        help="Reads the text in images and transcribes the speech in sounds, so that both "
        "can be searched and count as evidence. "
        f"May take {max(1, round(unread.minutes)):,} min; you can use the posts meanwhile.",
        on_click=url_state.attempt,
        args=(jobs.start, corpus),
    )
