"""How far the index of the words of a large corpus is, while another process builds it."""

from __future__ import annotations

import streamlit as st

from app.components.shared.progress import show_share
from app.data.session import corpus, workspace
from backend.domain import KindredError

_SECONDS = 3


def progress_text(done: int, total: int) -> str:
    """Say how many posts are indexed, and what search lacks until then.

    >>> progress_text(120_000, 1_000_000)
    'Words: 120,000 of 1,000,000 posts indexed. Until then, posts are found by their meaning only.'
    """
    return (
        f"Words: {done:,} of {total:,} posts indexed. Until then, posts are found by their "
        "meaning only."
    )


@st.fragment(run_every=_SECONDS)
def _show_state() -> None:
    found = workspace().indexes.words_building(corpus())
    if found is None:
        st.rerun()  # words are searched from now on
    else:
        done, total = found
        show_share(done / max(1, total), progress_text(done, total))


def show_index_progress() -> None:
    """Show the progress if the words of the corpus are being indexed; call after a search."""
    try:
        found = workspace().indexes.words_building(corpus())
    except KindredError:
        return
    if found is not None:
        _show_state()
