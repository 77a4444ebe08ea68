"""Charts whose marks open the posts behind them."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import streamlit as st

from app.components.errors.tables import CLEARED

BLUE = "#6C66BE"
_PICKED = "picked"


def picking(field: str, *, nearest: bool = False) -> alt.Parameter:
    """Parameter of a clickable layer: a click picks a mark by one of its fields."""
    return alt.selection_point(name=_PICKED, fields=[field], nearest=nearest, on="click")


def show_chart(
    chart: alt.Chart | alt.LayerChart,
    key: str,
    alt_text: str,
    field: str,
    picked: Callable[[float], None],
) -> None:
    """Show a chart with a `picking` layer.

    A click calls `picked` with that `field` of the mark; screen readers read `alt_text`.
    """
    # As for tables: a new key forgets the clicked mark.
    key = f"{key}_{st.session_state.get(CLEARED, 0)}"

    def chosen() -> None:
        marks = st.session_state[key]["selection"].get(_PICKED, [])
        if marks and field in marks[0]:
            picked(marks[0][field])

    st.altair_chart(chart, key=key, alt=alt_text, on_select=chosen, selection_mode=_PICKED)
