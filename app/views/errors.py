"""Errors: how models score on labelled posts, where and why they fail, and what to do next."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.errors.choice import show_choice
from app.components.errors.comparison import show_comparison
from app.components.errors.confidence import show_confidence
from app.components.errors.error_groups import show_where
from app.components.errors.figures import show_figures
from app.components.errors.labels import show_labels
from app.components.errors.post_inspection import show_why
from app.components.errors.posts import show_selected_posts
from app.components.errors.report import show_report
from app.components.errors.robustness import show_robustness
from app.components.errors.training_overlap import show_training_overlap
from app.components.shared.corpus_picker import show_corpora
from app.components.shared.no_labels import show_ways_to_labels
from app.data import url_state
from app.data.error_analysis import read_state, unusable

MAX_LABELS = 8  # unusable labels that are listed

st.set_page_config(page_title="Errors · Kindred")
url_state.enter("errors")

st.title("Errors", anchor=False)
state = read_state()
if state is None:
    show_corpora()
    reasons = unusable()
    message = (
        "No label of this corpus can be used to score models:"
        if reasons
        else "No post of this corpus has a label."
    )
    listed = "".join(f"\n- {plain(reason)}" for reason in reasons[:MAX_LABELS])
    if len(reasons) > MAX_LABELS:
        listed += f"\n- and {len(reasons) - MAX_LABELS:,} more"
    st.info(
        f"{message}{listed}\n\nA label that says what posts are about, or how they feel, can be "
        "given here or imported. Other corpora may have one.",
        icon=":material/label_off:",
    )
    show_ways_to_labels()
else:
    view = show_choice(state)
    with st.spinner(f"Predicting {len(state.ground_truth):,} posts …", show_time=True):
        scored = state.all_predictions()  # may train a fusion model, which takes a minute
    show_training_overlap(scored)
    {
        "figures": show_figures,
        "confidence": show_confidence,
        "where": show_where,
        "labels": show_labels,
        "why": show_why,
        "noise": show_robustness,
        "versus": show_comparison,
        "report": show_report,
    }[view](state)
    if view != "where":  # which shows them itself, between its tables
        show_selected_posts(state)

url_state.leave("errors")
