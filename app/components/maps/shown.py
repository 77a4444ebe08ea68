"""What a map shows now: said below it, and offered as a selection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.common.palette import KIND_NAMES
from app.data import filters, url_state
from app.data.map_payload import MAX_POINTS, Drawing
from app.data.maps import map_of, matches
from app.data.selection import choose, keep, selection_of
from app.data.timeline import describe_period, span_of, timeline
from backend.domain import Kind


@dataclass(frozen=True, slots=True, eq=False)
class MapState:
    """The settings of a map page.

    Attributes
    ----------
    kind : Kind
    colour, level : str
        The column that colours the map, and the granularity of its clusters.
    visible : numpy.ndarray
        ``(n,)`` bool: the points that pass the filters, in the brushed period or not.
    """

    kind: Kind
    colour: str
    level: str
    visible: np.ndarray

    def now(self) -> np.ndarray:
        """Return which of the visible points have a post in the brushed period."""
        shown = timeline(self.kind)
        span = span_of(shown)
        if shown is None or span is None:
            return self.visible
        return self.visible & shown.within(len(self.visible), span)


def show_below(state: MapState, drawing: Drawing | None) -> None:
    """Say what the map shows, and offer it as a selection."""
    kind, wanted, now = state.kind, url_state.get("find"), state.now()
    hits = matches(kind, wanted) & now
    with st.container(horizontal=True, vertical_alignment="center"):
        if drawing is not None:
            st.caption(_describe(state, drawing, now), width="content")
        if wanted:
            st.button(
                f"Select the {int(hits.sum()):,} found" if hits.any() else "Nothing found",
                type="tertiary",
                icon=":material/search:",
                disabled=not hits.any(),
                on_click=_select_found,
                args=(kind, wanted, hits, now),
                key=f"{kind.value}_select_found",
            )
        if not now.all():
            st.button(
                f"Select the {int(now.sum()):,} shown",
                type="tertiary",
                icon=":material/filter_alt:",
                disabled=not now.any(),
                on_click=_select_shown,
                args=(state, now),
                key=f"{kind.value}_select_shown",
            )


def _select_found(kind: Kind, wanted: str, hits: np.ndarray, now: np.ndarray) -> None:
    if now.all():
        choose(f"found:{wanted}")
    else:
        choose(keep(selection_of(kind, np.flatnonzero(hits), f"search for “{wanted}”")))
    st.rerun()


def _select_shown(state: MapState, now: np.ndarray) -> None:
    choose(keep(selection_of(state.kind, np.flatnonzero(now), described(state))))
    st.rerun()


def described(state: MapState) -> str:
    """Name what is shown, by its filters and its period."""
    conditions = filters.conditions(state.kind, state.colour)
    parts = [filters.describe(name, one) for name, one in conditions.items()]
    shown = timeline(state.kind)
    span = span_of(shown)
    if shown is not None and span is not None:
        parts.append(f"time: {describe_period(shown, span)}")
    return ", ".join(parts) or f"all {KIND_NAMES[state.kind][1]}"


def _describe(state: MapState, drawing: Drawing, now: np.ndarray) -> str:
    """Say which points the map shows, and which posts have no time."""
    many, total = KIND_NAMES[state.kind][1], map_of(state.kind).total
    shown, undated = timeline(state.kind), ""
    if shown is not None and shown.undated:
        undated = f" · {shown.undated:,} posts have no time and are left out of the timeline"
    if not drawing.cell and span_of(shown) is not None:
        return f"Showing {int(now.sum()):,} of {total:,} {many}{undated}"
    return _in_view(state, drawing, total) + undated


def _in_view(state: MapState, drawing: Drawing, total: int) -> str:
    many = KIND_NAMES[state.kind][1]
    n, in_view = int(state.visible.sum()), len(drawing.rows)
    if drawing.cell:
        return (
            f"Density of the {in_view:,} {many} in view, of {total:,}. Zoom in until fewer than "
            f"{MAX_POINTS:,} are in view to see single points."
        )
    if in_view < n:
        return f"Showing the {in_view:,} {many} in view, of {total:,}"
    if n < len(state.visible):
        return f"Showing {n:,} of {total:,} {many}; the others are hidden"
    return f"Showing all {n:,} {many}" if n == total else f"Showing {n:,} of {total:,} {many}"
