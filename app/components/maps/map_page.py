"""The page of a map: controls, the map with its legend, and the panel beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from app.common.markup import with_commands
from app.common.palette import KIND_NAMES, counted
from app.components.maps.canvas.figure import show_figure_export
from app.components.maps.canvas.mount import MapView, current_drawing, draw, moved, named, picked
from app.components.maps.clusters import show_clusters, show_quality
from app.components.maps.legend import show_legend
from app.components.maps.map_missing import show_map_missing
from app.components.maps.selection_panel import show_selection
from app.components.shared.actions import show_link_button, show_segments
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state
from app.data.map_colours import title, value_name
from app.data.map_payload import MAX_POINTS, Box, Drawing
from app.data.maps import (
    cluster_labels,
    column,
    columns,
    map_of,
    matches,
    painted,
    point_names,
    positions,
    stamp,
)
from app.data.selection import SHAPES, choose, chosen, keep, mask, selection_of, warm
from app.data.session import corpus, source_titles
from backend.domain import Kind, KindredError, Selection

BESIDE_MAP = ["legend", "panel"]  # fragments that a lasso changes; the map stays


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
    colour, level, visible = _show_controls(kind)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        _show_map(kind, colour, level, visible)
        _legend(kind, colour)
    with right:
        _panel(kind, level)
    with st.expander(f"Quality of this map of {many}", icon=":material/rule:"):
        show_quality(kind)
    warm(kind, stamp(), corpus())


# ---- controls


def _show_controls(kind: Kind) -> tuple[str, str, np.ndarray]:
    options = columns(kind)
    shown = map_of(kind)
    levels, default = [lv.name for lv in shown.levels], shown.level().name
    key = kind.value
    url_state.follow(f"{key}_colour", "colour", "cluster")
    if st.session_state[f"{key}_colour"] not in options:
        st.session_state[f"{key}_colour"] = options[0]
    url_state.follow_choice(f"{key}_level", "level", default, levels)
    url_state.follow(f"{key}_find", "find")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Colour by",
            options,
            key=f"{key}_colour",
            format_func=title,
            on_change=_colour_changed,
            args=(kind,),
            width=190,
        )
        if len(levels) > 1:
            titles = {level: level.capitalize() for level in levels}
            show_segments("Clusters", titles, key=f"{key}_level", name="level", default=default)
        st.text_input(
            "Find on the map",
            type="search",
            live="400ms",
            key=f"{key}_find",
            placeholder="Name" if kind is Kind.USER else "Word or tag",
            on_change=url_state.put_widget,
            args=(f"{key}_find", "find"),
            width=190,
        )
        colour = st.session_state[f"{key}_colour"]
        visible = _show_only(kind, colour)
        show_figure_export(kind, colour, st.session_state[f"{key}_level"], visible)
        show_corpora()
    return colour, st.session_state[f"{key}_level"], visible


def _colour_changed(kind: Kind) -> None:
    value = st.session_state[f"{kind.value}_colour"]
    url_state.put({"colour": None if value == "cluster" else value, "only": None}, own=True)


def _show_only(kind: Kind, colour: str) -> np.ndarray:
    """Let the visitor hide values of the column; hidden points cannot be selected."""
    values = column(kind, colour)
    everything = np.ones(len(values.values), dtype=bool)
    if values.categories is None:
        return everything
    only = [v for v in url_state.get("only").split("|") if v in values.categories]
    widget = f"{kind.value}_only_{colour}"
    titles = source_titles() if colour == "source" else {}
    with st.popover(
        f"Show only ({len(only)})" if only else "Show only",
        icon=":material/filter_alt:",
        type="primary" if only else "secondary",
    ):
        url_state.follow(f"{widget}_address", "only")
        st.multiselect(
            f"{title(colour)}: show only",
            list(values.categories),
            default=only,
            format_func=lambda v: value_name(colour, v, titles),
            key=f"{widget}_{hash(tuple(only))}",
            on_change=_only_changed,
            args=(f"{widget}_{hash(tuple(only))}",),
            placeholder="Everything",
        )
        if only:
            icon, change = "filter_alt_off", {"only": None}
            show_link_button("Show everything", change, icon=icon, type="secondary")
    if not only:
        return everything
    codes = [values.categories.index(v) for v in only]
    return np.isin(values.values, codes)


def _only_changed(widget: str) -> None:
    url_state.put({"only": "|".join(st.session_state[widget])})


# ---- the map


def _show_map(kind: Kind, colour: str, level: str, visible: np.ndarray) -> None:
    wanted = url_state.get("find")
    hits = matches(kind, wanted) & visible
    drawing = draw(
        MapView(
            at=positions(kind),
            paint=painted(kind, colour),
            name=f"{stamp()}|{kind.value}",
            alt=f"Map of {counted(int(visible.sum()), kind)}, coloured by {title(colour).lower()}",
            visible=visible,
            selected=mask(kind, _selection(kind)) & visible,
            found=hits,
            labels=cluster_labels(kind, level),
            names=point_names(kind),
            view=_view(),
            drawn=url_state.get("sel").startswith("drawn:"),
            height=620,
        ),
        key=_key(kind),
        on_picked=_on_picked[kind],
        on_named=_on_named[kind],
        on_moved=_on_moved[kind],
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_describe(kind, drawing, visible), width="content")
        if wanted:
            st.button(
                f"Select the {int(hits.sum()):,} found" if hits.any() else "Nothing found",
                type="tertiary",
                icon=":material/search:",
                disabled=not hits.any(),
                on_click=choose,
                args=(f"found:{wanted}",),
                key=f"{kind.value}_select_found",
            )
        if not visible.all():
            st.button(
                f"Select the {int(visible.sum()):,} shown",
                type="tertiary",
                icon=":material/filter_alt:",
                on_click=_select_shown,
                args=(kind, visible, colour),
                key=f"{kind.value}_select_shown",
            )


def _describe(kind: Kind, drawing: Drawing, visible: np.ndarray) -> str:
    """Say which points the map shows."""
    many, total = KIND_NAMES[kind][1], map_of(kind).total
    n, in_view = int(visible.sum()), len(drawing.rows)
    if drawing.cell:
        return (
            f"Density of the {in_view:,} {many} in view, of {total:,}. Zoom in until fewer than "
            f"{MAX_POINTS:,} are in view to see single points."
        )
    if in_view < n:
        return f"Showing the {in_view:,} {many} in view, of {total:,}"
    if not visible.all():
        return f"Showing {n:,} of {total:,} {many}; the others are hidden"
    return f"Showing all {n:,} {many}" if n == total else f"Showing {n:,} of {total:,} {many}"


def _select_shown(kind: Kind, visible: np.ndarray, colour: str) -> None:
    values = url_state.get("only").replace("|", ", ")
    origin = f"{title(colour).lower()}: {values}"
    choose(keep(selection_of(kind, np.flatnonzero(visible), origin)))


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
        url_state.put({"sel": None, "vs": None})
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


def _bound(call: Callable[[Kind], None]) -> dict[Kind, Callable[[], None]]:
    """Bind a callback to each kind once, so that it stays the same between runs."""
    return {kind: partial(call, kind) for kind in (Kind.USER, Kind.POST)}


_on_picked, _on_named, _on_moved = _bound(_picked), _bound(_named), _bound(_moved)


# ---- beside and below it


def _selection(kind: Kind) -> Selection | None:
    try:
        return chosen(kind)
    except KindredError:
        return None  # the panel shows why


@st.fragment(key="legend")
def _legend(kind: Kind, colour: str) -> None:
    selection = _selection(kind)
    show_legend(kind, painted(kind, colour), selection, mask(kind, selection))


@st.fragment(key="panel")
def _panel(kind: Kind, level: str) -> None:
    try:
        selection = chosen(kind)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        selection = None
    if selection is None:
        url_state.show_problem()
        show_clusters(kind, level)
    else:
        show_selection(kind, selection, url_state.get("sel"))
    url_state.leave(KIND_NAMES[kind][1])  # after a lasso only this part of the page runs
