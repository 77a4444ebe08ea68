"""Users: a map of users by what they post."""

from __future__ import annotations

import streamlit as st

from app.components.maps.map_page import show_map_page
from app.data import url_state
from backend.domain import Kind

st.set_page_config(page_title="Users · Kindred")
url_state.enter("users")

st.title("Users", anchor=False)
st.caption(
    "Users who post similar things are close together. Draw around some of them to see what "
    "they have in common."
)
show_map_page(Kind.USER)

url_state.leave("users")
