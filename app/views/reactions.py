"""Reactions: who reacts to whom, communities and bridges, and what draws reactions."""

from __future__ import annotations

import streamlit as st

from app.common.markup import with_commands
from app.components.reactions.groups import show_bridges, show_by_emotion, show_communities
from app.components.reactions.network import show_controls, show_network
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state
from app.data.reactions import network
from backend.domain import KindredError

st.set_page_config(page_title="Reactions · Kindred")
url_state.enter("reactions")

st.title("Reactions", anchor=False)
st.caption("Who replies to, shares, likes, quotes and mentions whom.")
show_corpora()
try:
    whole = network()
except KindredError as error:
    if error.code != "no_reactions":
        raise
    st.info(with_commands(error.message), icon=":material/hub:")
else:
    colour = show_controls(dict(whole.network.counts))
    left, right = st.columns([7, 5], gap="large")
    with left:
        show_network(whole, colour)
        show_bridges(whole)
    with right:
        show_communities(whole)
    show_by_emotion()

url_state.leave("reactions")
