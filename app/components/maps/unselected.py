"""The panel before anything is selected: clusters, histograms of columns, a table."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.common.palette import KIND_NAMES
from app.components.maps.clusters import show_clusters
from app.components.maps.columns.mount import show_columns
from app.components.maps.members import show_table
from app.components.maps.shown import MapState, described
from app.components.shared.actions import show_segments
from app.data.selection import selection_of

TABS = {"clusters": "Clusters", "columns": "Columns", "table": "Table"}


def show_unselected(state: MapState) -> None:
    """Show the clusters, the columns or a table of what the map shows."""
    tab = show_segments(
        "Show", TABS, key="unselected_tab", name="panel", default="clusters",
        label_visibility="collapsed",
    )  # fmt: skip
    if tab == "clusters":
        show_clusters(state.kind, state.level)
        return
    now = state.now()
    if tab == "columns":
        show_columns(state.kind, state.colour, None, now)
    elif now.any():
        show_table(state.kind, selection_of(state.kind, np.flatnonzero(now), described(state)))
    else:
        st.caption(f"No {KIND_NAMES[state.kind][1]} pass these filters.")
