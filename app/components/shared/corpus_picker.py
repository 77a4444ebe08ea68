"""Which corpus a page looks at; shown only where there are several."""

from __future__ import annotations

import streamlit as st

from app.data import url_state
from app.data.session import corpora, in_address, overview

CHOICE = "corpus_choice"


def _changed() -> None:
    chosen = st.session_state[CHOICE]
    url_state.put({"corpus": in_address(chosen), "k": None})


def show_corpora() -> None:
    """Let choose a corpus when there is a choice."""
    names = corpora()
    if len(names) < 2:
        return
    st.session_state[CHOICE] = overview().corpus
    st.segmented_control("Corpus", names, key=CHOICE, on_change=_changed, required=True)
