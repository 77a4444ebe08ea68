"""What one can do where a corpus has no label to work with."""

from __future__ import annotations

import streamlit as st

from app.components.shared.links import query


def show_ways_to_labels() -> None:
    """Link to the pages that give posts labels."""
    with st.container(horizontal=True):
        st.page_link(
            "views/label.py",
            label="Label these posts yourself",
            icon=":material/label:",
            query_params=query(),
        )
        st.page_link(
            "views/corpora.py",
            label="Import posts with a label column",
            icon=":material/library_books:",
            query_params=query(),
        )
