"""The page of a map: controls, the map with its legend, and the panel next to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from app.common.markup import with_commands
from app.common.palette import KIND_NAMES, counted
from app.components.maps.canvas.mount import (
    MapView,
    current_drawing,
    draw,
    moved,
    named,
    picked,
    spanned,
)
from app.components.maps.clusters import show_quality
from app.components.maps.controls import show_controls
from app.components.maps.legend import show_legend
from app.components.maps.map_missing import show_map_missing
from app.components.maps.selection_panel import show_selection
from app.components.maps.shown import MapState, show_below
from app.components.maps.unselected import show_unselected
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state
from app.data.map_colours import title
from app.data.map_payload import Box
from app.data.maps import (
    cluster_labels,
    map_of,
    matches,
    painted,
    point_names,
    positions,
    stamp,
)
from app.data.selection import SHAPES, choose, chosen, keep, mask, selection_of, warm
from app.data.session import corpus
from app.data.timeline import period_of, span_of, timeline, version
from backend.domain import Kind, KindredError, Selection

BESIDE_MAP = ["legend", "panel", "view_link"]  # fragments that a lasso changes; the map stays
_EMPTY = "drew_around_nothing"
AROUND_MAP = [*BESIDE_MAP, "below", "figure"]  # those that a period changes


def show_map_page(kind: Kind) -> None:
    """Show the page of the map of users or of posts."""
    many = KIND_NAMES[kind][1]
    try:
        map_of(kind)
    except KindredError as error:
        show_corpora()
        if error.code != "no_map":
            raise
        url_state.show_problem()
        show_map_missing(error)
        return
    state = show_controls(kind)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        _show_map(state)
        _legend(state)
    with right:
        _panel(state)
    with st.expander(f"Quality of this map of {many}", icon=":material/rule:"):
        show_quality(kind)
    warm(kind, stamp(), corpus())


# ---- the map


def _show_map(state: MapState) -> None:
    kind, visible = state.kind, state.visible
    many, colour = counted(int(visible.sum()), kind), title(state.colour).lower()
    hits = matches(kind, url_state.get("find")) & visible
    shown = timeline(kind)
    st.session_state[f"{_key(kind)}_asks"] = shown is not None and shown.asks(visible)
    draw(
        MapView(
            at=positions(kind),
            paint=painted(kind, state.colour),
            name=f"{stamp()}|{kind.value}",
            alt=f"Map of {many}, coloured by {colour}",
            visible=visible,
            selected=mask(kind, _selection(kind)) & visible,
            found=hits,
            labels=cluster_labels(kind, state.level),
            names=point_names(kind),
            view=_view(),
            drawn=url_state.get("sel").startswith("drawn:"),
            height=620,
            timeline=shown,
            span=span_of(shown),
        ),
        key=_key(kind),
        on_picked=_on_picked[kind],
        on_named=_on_named[kind],
        on_moved=_on_moved[kind],
        on_spanned=_on_spanned[kind],
        on_zoomed=_on_zoomed[kind],
    )
    _below(state)


@st.fragment(key="below")
def _below(state: MapState) -> None:
    show_below(state, current_drawing(_key(state.kind)))


def _key(kind: Kind) -> str:
    return f"map_{kind.value}"


def _view() -> Box | None:
    parts = url_state.get("view").split(",")
    try:
        left, bottom, right, top = (int(p) for p in parts)
    except ValueError:
        return None
    return (left, bottom, right, top) if left < right and bottom < top else None


def _picked(kind: Kind) -> None:
    result = picked(_key(kind))
    if result is None:
        return
    rows, tool = result
    if len(rows):
        origin = f"{SHAPES.get(tool, 'lasso')} on the map of {KIND_NAMES[kind][1]}"
        choose(keep(selection_of(kind, rows, origin)))
    else:
        choose(None)
        st.session_state[_EMPTY] = tool in ("lasso", "box")
    st.rerun(BESIDE_MAP)


def _named(kind: Kind) -> None:
    number = named(_key(kind))
    if number is not None:
        name = st.session_state[f"{kind.value}_level"]
        choose(f"group:{name}:{number}")


def _moved(kind: Kind) -> None:
    box = moved(_key(kind))
    if box and current_drawing(_key(kind)) is not None:
        url_state.put({"view": ",".join(str(v) for v in box)})


def _spanned(kind: Kind) -> None:
    event, shown = spanned(_key(kind)), timeline(kind)
    if event is None or shown is None or event[1] != version(shown.steps):
        return
    span = event[0]
    url_state.put({"time": period_of(shown.steps, span) if span else None, "offset": None})
    if not st.session_state.get(f"{_key(kind)}_asks"):
        st.rerun(AROUND_MAP)  # the browser has hidden the other points


def _zoomed(kind: Kind) -> None:
    event, shown = spanned(_key(kind), "zoomed"), timeline(kind)
    if event is not None and shown is not None and event[1] == version(shown.steps):
        span = event[0]
        url_state.put({"steps": period_of(shown.steps, span) if span else None})


def _bound(call: Callable[[Kind], None]) -> dict[Kind, Callable[[], None]]:
    """Bind a callback to each kind once, so that it stays the same between runs."""
    return {kind: partial(call, kind) for kind in (Kind.USER, Kind.POST)}


_on_picked, _on_named, _on_moved = _bound(_picked), _bound(_named), _bound(_moved)
_on_spanned, _on_zoomed = _bound(_spanned), _bound(_zoomed)


# ---- next to and below it


def _selection(kind: Kind) -> Selection | None:
    try:
        return chosen(kind)
    except KindredError:
        return None  # the panel shows why


@st.fragment(key="legend")
def _legend(state: MapState) -> None:
    selection, now = _selection(state.kind), state.now()
    inside, what = None if now.all() else now, "shown"
    if selection is not None:
        inside, what = mask(state.kind, selection), "in the selection"
    show_legend(state.kind, painted(state.kind, state.colour), inside, what)


@st.fragment(key="panel")
def _panel(state: MapState) -> None:
    kind = state.kind
    if st.session_state.pop(_EMPTY, False):
        many = KIND_NAMES[kind][1]
        st.toast(f"There are no {many} inside what you drew.", icon=":material/deselect:")
    try:
        selection = chosen(kind)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        selection = None
    if selection is None:
        url_state.show_problem()
        show_unselected(state)
    else:
        show_selection(state, selection, url_state.get("sel"))
    url_state.leave(KIND_NAMES[kind][1])  # after a lasso only this part of the page runs
