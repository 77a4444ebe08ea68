"""Corpora: all corpora, and the import of your own posts."""

from __future__ import annotations

import streamlit as st

from app.components.corpora.corpus_cards import show_cards
from app.components.corpora.import_form import show_form
from app.components.corpora.import_progress import show_jobs
from app.data import url_state
from backend.settings import settings

st.set_page_config(page_title="Corpora · Kindred")
url_state.enter("corpora")

st.title("Corpora", anchor=False)
show_jobs()
show_cards()
if settings().demo:
    st.info(
        "This is a demo. You can analyse posts, but nothing you upload is stored. "
        "Install Kindred to import your own posts.",
        icon=":material/visibility:",
    )
else:
    show_form()

url_state.leave("corpora")
