"""Images and sounds of a corpus that were not read: a button, and how far it is."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.common.palette import counted
from app.data import url_state
from app.data.session import workspace
from backend.domain import KindredError
from backend.settings import settings

EVERY = 2.0  # seconds between two looks at the progress


def show_unread(corpus: str) -> None:
    """Offer to read what was not read, or show how far it is; nothing where all is read."""
    if settings().demo:
        return
    try:
        if workspace().read_jobs.state(corpus).stage == "reading":
            _progress(corpus)
            return
        state, unread = workspace().read_jobs.state(corpus), workspace().read_jobs.unread(corpus)
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
        help="Reads the text in images and transcribes the speech in sounds, so that they are "
        f"found and count. May take {max(1, round(unread.minutes)):,} min; posts stay usable.",
        on_click=url_state.attempt,
        args=(workspace().read_jobs.start, corpus),
    )


@st.fragment(run_every=EVERY)
def _progress(corpus: str) -> None:
    state = workspace().read_jobs.state(corpus)
    if state.stage != "reading":
        st.rerun()
    text = f"Reading: {state.done:,} of {state.total:,} posts" if state.total else "Reading …"
    st.progress(state.done / state.total if state.total else 0.0, text)
    st.button(
        "Pause",
        key=f"pause_{corpus}",
        icon=":material/pause:",
        type="tertiary",
        on_click=url_state.attempt,
        args=(workspace().read_jobs.pause, corpus),
    )
