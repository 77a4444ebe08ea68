"""Posts: a map of all posts."""

from __future__ import annotations

import streamlit as st

from app.components.maps.map_page import show_map_page
from app.data import url_state
from backend.domain import Kind

st.set_page_config(page_title="Posts · Kindred")
url_state.enter("posts")

st.title("Posts", anchor=False)
st.caption(
    "Similar posts are close together. Draw around some of them to see what they have in common."
)
show_map_page(Kind.POST)

url_state.leave("posts")
