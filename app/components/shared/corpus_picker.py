"""The choice of the corpus; shown only if there are several."""

from __future__ import annotations

import streamlit as st

from app.components.shared.synthetic import corpus_title
from app.data import url_state
from app.data.session import corpus, in_address, workspace
from backend.settings import settings

CHOICE = "corpus_choice"


def _changed() -> None:
    url_state.put({"corpus": in_address(st.session_state[CHOICE]), "k": None})


def show_corpora() -> None:
    """Let the visitor choose a corpus if there are several."""
    names = workspace().corpora()
    if len(names) < 2:
        return
    st.session_state[CHOICE] = corpus() or settings().corpus
    st.segmented_control(
        "Corpus",
        names,
        key=CHOICE,
        format_func=corpus_title,
        on_change=_changed,
        required=True,
        wrap=True,  # beside other controls, a phone would show a part of the corpora only
    )
