"""A warning where a model is evaluated on posts that it was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import plain
from backend.error_analysis import ScoredPredictions, display_name


def show_training_overlap(judged: Sequence[ScoredPredictions]) -> None:
    """Warn of each model that knows, or may know, some of the posts from its training."""
    for scored in judged:
        if known := int((~scored.held_out).sum()):
            st.warning(
                f"{plain(display_name(scored.model))} was trained on {known:,} of these "
                f"{len(scored):,} posts, or on copies of them: its figures are optimistic.",
                icon=":material/school:",
            )
