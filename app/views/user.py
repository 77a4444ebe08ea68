"""A user: posts, emotions over time, interests, similar users, place on the map."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain, with_commands
from app.components.shared.corpus_picker import show_corpora
from app.components.users.user_page import (
    show_finder,
    show_header,
    show_interests,
    show_near,
    show_place,
    show_posts,
    show_time,
)
from app.data import url_state
from app.data.session import corpus, workspace
from app.data.users import timeline
from backend.domain import KindredError

st.set_page_config(page_title="A user · Kindred")
url_state.enter("user")

wanted, user = url_state.get("user"), None
if wanted:
    try:
        user = workspace().corpus(corpus()).resolve_user(wanted)
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/person_off:")

if user is None:
    st.title("A user", anchor=False)
    show_corpora()
    show_finder()
else:
    st.title(plain(user.name), anchor=False)
    show_header(user)
    left, right = st.columns([6, 6], gap="large")
    try:
        with left:
            st.header("Emotions", anchor=False)
            show_time(timeline(user.id), user.name)
        with right:
            st.header("Interests", anchor=False)
            show_interests(user)
        left, right = st.columns([7, 5], gap="large")
        with left:
            st.header("Similar users", anchor=False)
            st.caption(
                "Similar by what they post and, where posts have reactions, by what they react to; "
                "who follows whom is not used."
            )
            show_near(user)
        with right:
            st.header("On the map", anchor=False)
            show_place(user)
    except KindredError as error:
        st.info(with_commands(error.message), icon=":material/info:")
    show_posts(user)

url_state.leave("user")
