"""Errors: where models fail on labelled posts, why, and what to do next."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.errors.choice import show_choice
from app.components.errors.confidence import show_confidence
from app.components.errors.figures import show_figures
from app.components.errors.labels import show_labels
from app.components.errors.noise import show_noise, show_report, show_versus
from app.components.errors.posts import show_behind
from app.components.errors.where import show_where
from app.components.errors.why import show_why
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state
from app.data.error_analysis import asked, lacking

MOST = 8  # labels that are named where none is enough

st.set_page_config(page_title="Errors · Kindred")
url_state.enter("errors")

st.title("Errors", anchor=False)
of = asked()
if of is None:
    show_corpora()
    lacks = lacking()
    said = (
        "The labels of this corpus are not enough to hold models against:"
        if lacks
        else "No post of this corpus carries a label."
    )
    listed = "".join(f"\n- {plain(line)}" for line in lacks[:MOST])
    if len(lacks) > MOST:
        listed += f"\n- and {len(lacks) - MOST:,} more"
    st.info(
        f"{said}{listed}\n\nImport {'more ' if lacks else ''}posts with a label column, "
        "or look at another corpus.",
        icon=":material/label_off:",
    )
else:
    view = show_choice(of)
    with st.spinner(f"Judging {len(of.labelled):,} posts …", show_time=True):
        of.judgements()  # a fusion model is trained first, which takes a minute
    {
        "figures": show_figures,
        "confidence": show_confidence,
        "where": show_where,
        "labels": show_labels,
        "why": show_why,
        "noise": show_noise,
        "versus": show_versus,
        "report": show_report,
    }[view](of)
    if view != "where":  # which has a place of its own for them
        show_behind(of)

url_state.leave("errors")
