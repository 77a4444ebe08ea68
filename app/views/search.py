"""Search: from anything to anything."""

from __future__ import annotations

import streamlit as st

from app import state
from app.components.corpora import show_corpora
from app.components.filters import show_filters
from app.components.found import show_found, show_starters, show_targets, show_within
from app.components.query_builder import show_query

st.set_page_config(page_title="Search · Kindred")
state.enter("search")

st.title("Search", anchor=False)
query = show_query()
if query is None:
    show_within()
    show_starters()
else:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = show_targets()
        filters = show_filters()
        show_corpora()
    show_found(query, target, filters)

state.leave("search")
