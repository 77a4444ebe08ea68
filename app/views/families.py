"""Families: posts that are the same thing again, how they spread, and coordinated posting."""

from __future__ import annotations

import streamlit as st

from app.components.families.coordinated import show_coordinated
from app.components.families.one_family import show_family
from app.components.families.overview import found_families, show_overview
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state

st.set_page_config(page_title="Families · Kindred")
url_state.enter("families")

st.title("Families", anchor=False)
st.caption(
    "Posts that show or say the same thing again: one picture with other words, a text that was "
    "shortened or edited, a sound that was encoded anew."
)
place = st.container()  # of the choice of a corpus, which one family does not need
families = found_families()
if families is None:
    with place:
        show_corpora()
elif name := url_state.get("family"):
    show_family(families, name)
else:
    with place:
        show_corpora()
    show_coordinated(families)
    st.header("All families", anchor=False)
    show_overview(families)

url_state.leave("families")
