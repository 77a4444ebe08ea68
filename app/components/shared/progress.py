"""How far work in the background is."""

from __future__ import annotations

import streamlit as st

from app.common.markup import show

_MOVING = '<div class="k-track k-busy" role="progressbar" aria-label="At work"><span></span></div>'
_VISIBLE = 0.01  # a shorter bar looks as if nothing were happening


def show_share(share: float, text: str) -> None:
    """Show a bar, or one that only moves while next to nothing is done.

    Parameters
    ----------
    share : float
        Done of all, in [0, 1].
    text : str
        Markdown; what is being done.
    """
    if share >= _VISIBLE:
        st.progress(min(share, 1.0), text)
        return
    with st.container(gap="xsmall"):
        st.markdown(text)
        show(_MOVING)
