"""Train: the papers' models on labels of one's own, watched, compared and put to use."""

from __future__ import annotations

import streamlit as st

from app.components.shared.corpus_picker import show_corpora
from app.components.train.choice import show_choice, show_others
from app.components.train.runs import show_run, show_runs
from app.data import url_state
from app.data.session import demo
from app.data.training import asked, labels

st.set_page_config(page_title="Train · Kindred")
url_state.enter("train")

st.title("Train", anchor=False)
if demo():
    st.info(
        "This is a demo: nothing is trained here, for that needs storage and time. "
        "Run Kindred yourself to train models on labels of your own.",
        icon=":material/visibility:",
    )
url_state.show_problem()
run = url_state.get("run")
if run:
    show_run(run)
    st.header("Train something else", anchor=False)
show_corpora()
of = asked()
if of is None:
    st.info(
        "No label of this corpus can be learnt: two classes with ten posts each are needed. "
        "Import posts with a label column, or look at another corpus.",
        icon=":material/label_off:",
    )
    show_others(labels()[1])
else:
    show_choice(of)
show_runs(run)

url_state.leave("train")
