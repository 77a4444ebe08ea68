"""The map component: ``map.js`` draws it in the browser and reports events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app.data.map_colours import Paint
from app.data.map_payload import (
    FOUND,
    MAX_POINTS,
    NAMED,
    SELECTED,
    UNIT,
    Box,
    Drawing,
    choose,
    pack,
)
from app.data.timeline import Span, Timeline

HERE = Path(__file__).resolve().parent


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Register the component, once per process."""
    html, css, js, timeline = (
        (HERE / name).read_text("utf-8")
        for name in ("map.html", "map.css", "map.js", "timeline.js")
    )
    js += timeline  # a component has one script
    return st.components.v2.component("kindred_map", html=html, css=css, js=js)


def current_drawing(key: str) -> Drawing | None:
    """Return what the map with a key shows now."""
    return st.session_state.get(f"{key}_drawing")


def picked(key: str) -> tuple[np.ndarray, str] | None:
    """Return the picked points; for the callback `on_picked`.

    Returns
    -------
    rows : numpy.ndarray
        ``(k,)`` int64 rows of the map.
    tool : str
        ``lasso``, ``box`` or another tool.

    None if the drawing has changed since, so that the bits mean other points.
    """
    event, drawing = st.session_state[key].get("picked"), current_drawing(key)
    if not event or drawing is None or event["version"] != drawing.version:
        return None
    return drawing.picked(event["bits"]), event["tool"]


def named(key: str) -> int | None:
    """Return the cluster whose name was clicked; for the callback `on_named`."""
    event = st.session_state[key].get("named")
    return int(event["id"]) if event else None


def moved(key: str) -> Box | None:
    """Return the part of the map on the screen; for the callback `on_moved`."""
    event = st.session_state[key].get("moved")
    if not event:
        return None
    left, bottom, right, top = (max(-4 * UNIT, min(4 * UNIT, int(v))) for v in event)
    return left, bottom, right, top


def spanned(key: str, name: str = "spanned") -> tuple[Span | None, str] | None:
    """Return the brushed steps and the version of all steps; for the callback `on_spanned`.

    With the name ``zoomed``: the steps to zoom in to; None for all of the time.
    """
    event = st.session_state[key].get(name)
    if not event:
        return None
    span = event["span"]
    return (int(span[0]), int(span[1])) if span else None, str(event["steps"])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MapView:
    """What a map shows.

    Attributes
    ----------
    at : numpy.ndarray
        ``(n, 2)`` int16, see `app.data.map_payload.quantised`.
    paint : Paint
    name : str
        Of the map; drawings of the same map keep the zoom.
    alt : str
        Description for screen readers.
    visible, selected, found : numpy.ndarray
        ``(n,)`` bool.
    labels : sequence of mapping
        ``x``, ``y``, ``text`` and ``id`` of each cluster, the most important first.
    names : numpy.ndarray, optional
        ``(n,)`` str, shown under the pointer if the map has few enough points.
    view : Box, optional
        See `app.data.map_payload.choose`.
    drawn : bool
        Whether the selection was drawn here, so that its outline stays.
    height : int
        In pixels.
    quiet : bool
        Without tools, for display only.
    timeline : Timeline, optional
        Drawn below the map.
    span : Span, optional
        Its brushed steps: the browser hides the points without a post in them.
    whole : bool
        Whether all points fill the frame at first, not only the visible ones.
    """

    at: np.ndarray
    paint: Paint
    name: str
    alt: str
    visible: np.ndarray
    selected: np.ndarray
    found: np.ndarray
    labels: Sequence[Mapping[str, object]] = ()
    names: np.ndarray | None = None
    view: Box | None = None
    drawn: bool = False
    height: int = 640
    quiet: bool = False
    timeline: Timeline | None = None
    span: Span | None = None
    whole: bool = False

    def header(self, drawing: Drawing) -> dict[str, object]:
        """Return the header of the data for ``map.js``."""
        edges = np.array([[-UNIT, -UNIT], [UNIT, UNIT]])
        framed = self.visible | self.whole
        shown = self.at[framed] if framed.any() else edges
        header: dict[str, object] = {
            "map": self.name,
            "alt": self.alt,
            "palette": self.paint.palette,
            "labels": list(self.labels),
            "bounds": [*shown.min(axis=0).tolist(), *shown.max(axis=0).tolist()],
            "size": _size(drawing.marks),
            "alpha": 0.9 if drawing.marks < 8000 else 0.7,
            "drawn": self.drawn,
            "height": self.height,
            "quiet": self.quiet,
            "follow": int(self.visible.sum()) > MAX_POINTS,
            "ramp": self.paint.limits is not None,
        }
        if self.names is not None and drawing.mark is None and drawing.marks <= NAMED:
            header["names"] = self.names[drawing.rows].tolist()
        return header


def draw(
    view: MapView,
    *,
    key: str,
    on_picked: Callable[[], None] | None = None,
    on_named: Callable[[], None] | None = None,
    on_moved: Callable[[], None] | None = None,
    on_spanned: Callable[[], None] | None = None,
    on_zoomed: Callable[[], None] | None = None,
) -> Drawing:
    """Draw a map.

    Parameters
    ----------
    view : MapView
    key : str
        Of the component in the session state.
    on_picked, on_named, on_moved, on_spanned, on_zoomed : callable, optional
        Called if points are picked, a cluster's name is clicked, the map is moved, a period is
        brushed, or the timeline is zoomed.

    Returns
    -------
    Drawing
    """
    shown = view.visible
    if view.timeline is not None and view.timeline.asks(shown):
        shown = shown & view.timeline.within(len(shown), view.span)
    drawing = choose(view.at, shown, view.view)
    st.session_state[f"{key}_drawing"] = drawing
    state = (SELECTED * view.selected + FOUND * view.found).astype(np.uint8)
    header, times = view.header(drawing), b""
    if view.timeline is not None:
        codes, span = view.paint.codes, view.span
        header["timeline"], times = view.timeline.header(drawing, codes, view.visible, span)
    _component()(
        key=key,
        data=pack(header, drawing, view.at, view.paint.codes, state, times),
        on_picked_change=on_picked or _ignore,
        on_named_change=on_named or _ignore,
        on_moved_change=on_moved or _ignore,
        on_spanned_change=on_spanned or _ignore,
        on_zoomed_change=on_zoomed or _ignore,
    )
    return drawing


def _ignore() -> None:
    """Do nothing on an event."""


def _size(marks: int) -> float:
    """Return the diameter of a point in pixels: the more points, the smaller."""
    return float(np.clip(11 - 1.75 * np.log10(max(marks, 1)), 2.6, 9))
