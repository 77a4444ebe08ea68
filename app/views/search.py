"""Search: find anything with any mix of words, images, sounds, posts and users."""

from __future__ import annotations

import streamlit as st

from app.components.search.filters import show_filters
from app.components.search.query_builder import show_query
from app.components.search.results import show_results, show_starters, show_targets, show_within
from app.components.search.saved import show_saved
from app.components.search.sorting import OF_POSTS, show_sort
from app.components.shared.corpus_picker import show_corpora
from app.components.shared.fold import show_fold
from app.data import url_state
from backend.search.sorting import BEST

st.set_page_config(page_title="Search · Kindred")
url_state.enter("search")

st.title("Search", anchor=False)
query = show_query()
if query is None:
    show_corpora()
    show_within()
    show_saved(query=False)
    show_starters()
else:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = show_targets()
        filters = show_filters()
        order = show_sort() if target in OF_POSTS else BEST
        show_fold()
        show_saved(query=True)
        show_corpora()
    show_results(query, target, filters, order)

url_state.leave("search")
