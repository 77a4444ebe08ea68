"""Train: train the papers' models on your own labels, compare them, use the best."""

from __future__ import annotations

import streamlit as st

from app.components.shared.corpus_picker import show_corpora
from app.components.shared.no_labels import show_ways_to_labels
from app.components.train.choice import show_choice, show_others
from app.components.train.runs import show_run, show_runs
from app.data import url_state
from app.data.training import labels, requested
from backend.settings import settings

st.set_page_config(page_title="Train · Kindred")
url_state.enter("train")

st.title("Train", anchor=False)
if settings().demo:
    st.info(
        "This is a demo: nothing is trained here. "
        "Install Kindred to train models on your own labels.",
        icon=":material/visibility:",
    )
url_state.show_problem()
run = url_state.get("run")
if run:
    show_run(run)
    st.header("Train other models", anchor=False)
show_corpora()
state = requested()
if state is None:
    st.info(
        "No label of this corpus can be used for training: a label needs at least two classes "
        "with ten posts each. It can be given here or imported. Other corpora may have one.",
        icon=":material/label_off:",
    )
    show_ways_to_labels()
    show_others(labels()[1])
else:
    show_choice(state)
show_runs(run)

url_state.leave("train")
