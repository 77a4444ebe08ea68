"""Corpora: what there is, and bringing one's own posts."""

from __future__ import annotations

import streamlit as st

from app.components.corpora.corpus_cards import show_cards
from app.components.corpora.import_form import show_form
from app.components.corpora.import_progress import show_jobs
from app.data import url_state
from app.data.session import demo

st.set_page_config(page_title="Corpora · Kindred")
url_state.enter("corpora")

st.title("Corpora", anchor=False)
show_jobs()
show_cards()
if demo():
    st.info(
        "This is a demo: look around and analyse what you like, but nothing that you bring is "
        "stored. Run Kindred yourself to import posts of your own.",
        icon=":material/visibility:",
    )
else:
    show_form()

url_state.leave("corpora")
