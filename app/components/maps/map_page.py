"""The page of a map: controls, the map with its legend, and the panel of the selection."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.common.markup import with_commands
from app.common.palette import KIND_NAMES
from app.components.maps.build_map import show_making
from app.components.maps.canvas.figure import show_figure_export
from app.components.maps.canvas.mount import draw, moved, named, order, picked
from app.components.maps.groups import show_groups, show_quality
from app.components.maps.legend import show_legend
from app.components.maps.selection_panel import show_selection
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state
from app.data.map_colours import title, value_name
from app.data.map_payload import MOST, Box
from app.data.maps import (
    atlas_of,
    column,
    columns,
    found,
    labels,
    names,
    painted,
    places,
    selection_of,
    sources,
    stamp,
    warm,
)
from app.data.selection import SHAPES, choose, chosen, keep, mask
from app.data.session import corpus
from backend.domain import Kind, KindredError, Selection

SIDE = ["legend", "panel"]  # what a lasso changes; the map itself stays as it is


def show_map_page(kind: Kind) -> None:
    """Show the map of users or of posts with all that belongs to it.

    Parameters
    ----------
    kind : Kind
    """
    many = KIND_NAMES[kind][1]
    try:
        atlas_of(kind)
    except KindredError as error:
        show_corpora()
        if error.code != "no_map":
            raise
        url_state.show_problem()
        show_making(error)
        return
    colour, granularity, visible = _show_controls(kind)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        _show_map(kind, colour, granularity, visible)
        _legend(kind, colour)
    with right:
        _panel(kind, granularity)
    with st.expander(f"How far to trust this map of {many}", icon=":material/rule:"):
        show_quality(kind)
    warm(kind, stamp(kind), corpus())


# ---- controls


def _show_controls(kind: Kind) -> tuple[str, str, np.ndarray]:
    options = columns(kind)
    made = atlas_of(kind)
    levels = [lv.name for lv in made.levels]
    key = kind.value
    url_state.follow(f"{key}_colour", "colour", "cluster")
    if st.session_state[f"{key}_colour"] not in options:
        st.session_state[f"{key}_colour"] = options[0]
    url_state.follow(f"{key}_level", "level", made.level().name)
    if st.session_state[f"{key}_level"] not in levels:
        st.session_state[f"{key}_level"] = made.level().name
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
            st.segmented_control(
                "Groups",
                levels,
                key=f"{key}_level",
                format_func=str.capitalize,
                on_change=_put_from,
                args=(f"{key}_level", "level", made.level().name),
                required=True,
            )
        st.text_input(
            "Find on the map",
            type="search",
            live="400ms",
            key=f"{key}_find",
            placeholder="name" if kind is Kind.USER else "word or tag",
            on_change=_put_from,
            args=(f"{key}_find", "find", ""),
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


def _put_from(widget: str, name: str, default: str) -> None:
    value = st.session_state[widget]
    url_state.put({name: None if value == default else value}, own=True)


def _show_only(kind: Kind, colour: str) -> np.ndarray:
    """Let hide all but some values of the column; what is hidden cannot be selected."""
    made = column(kind, colour)
    everything = np.ones(len(made.values), dtype=bool)
    if made.categories is None:
        return everything
    kept = [v for v in url_state.get("only").split("|") if v in made.categories]
    widget = f"{kind.value}_only_{colour}"
    titles = sources() if colour == "source" else {}
    with st.popover(
        f"Show only ({len(kept)})" if kept else "Show only",
        icon=":material/filter_alt:",
        type="primary" if kept else "secondary",
    ):
        url_state.follow(f"{widget}_address", "only")
        st.multiselect(
            f"{title(colour)}: show only",
            list(made.categories),
            default=kept,
            format_func=lambda v: value_name(colour, v, titles),
            key=f"{widget}_{hash(tuple(kept))}",
            on_change=_only_changed,
            args=(f"{widget}_{hash(tuple(kept))}",),
            placeholder="Everything",
        )
        if kept:
            st.button("Show everything", icon=":material/filter_alt_off:", on_click=_show_all)
    if not kept:
        return everything
    codes = [made.categories.index(v) for v in kept]
    return np.isin(made.values, codes)


def _only_changed(widget: str) -> None:
    url_state.put({"only": "|".join(st.session_state[widget])})


def _show_all() -> None:
    url_state.put({"only": None})


# ---- the map


def _show_map(kind: Kind, colour: str, granularity: str, visible: np.ndarray) -> None:
    made, many = atlas_of(kind), KIND_NAMES[kind][1]
    selection = _selection(kind)
    wanted = url_state.get("find")
    hits = found(kind, wanted) & visible
    n, total = int(visible.sum()), made.total
    drawn = url_state.get("sel").startswith("drawn:")
    shown = draw(
        places(kind),
        painted(kind, colour),
        key=_key(kind),
        name=f"{stamp(kind)}",
        alt=f"Map of {n:,} {many}, coloured by {title(colour).lower()}",
        visible=visible,
        selected=mask(kind, selection) & visible,
        found=hits,
        labels=labels(kind, granularity),
        names=names(kind),
        view=_view(),
        drawn=drawn,
        height=620,
        on_picked=_on_picked[kind],
        on_named=_on_named[kind],
        on_moved=_on_moved[kind],
    )
    if shown.cell:
        told = (
            f"Density of {len(shown.rows):,} {many} in view of {total:,}: one square stands for "
            f"all in it. Zoom in until fewer than {MOST:,} are in view to see each."
        )
    elif len(shown.rows) < n:
        told = f"Each of the {len(shown.rows):,} {many} in view, of {total:,}"
    elif n < len(made.ids):
        told = f"Showing {n:,} of {total:,} {many}; the others are hidden"
    else:
        told = f"Showing all {n:,} {many}" if n == total else f"Showing {n:,} of {total:,} {many}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told, width="content")
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
        if n < len(made.ids):
            st.button(
                f"Select the {n:,} shown",
                type="tertiary",
                icon=":material/filter_alt:",
                on_click=_select_shown,
                args=(kind, visible, colour),
                key=f"{kind.value}_select_shown",
            )


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
    answer = picked(_key(kind))
    if answer is None:
        return
    rows, tool = answer
    if len(rows):
        origin = f"{SHAPES.get(tool, 'lasso')} on the map of {KIND_NAMES[kind][1]}"
        choose(keep(selection_of(kind, rows, origin)))
    else:
        url_state.put({"sel": None, "vs": None})
    st.rerun(SIDE)


def _named(kind: Kind) -> None:
    number = named(_key(kind))
    if number is not None:
        name = st.session_state[f"{kind.value}_level"]
        choose(f"group:{name}:{number}")


def _moved(kind: Kind) -> None:
    box = moved(_key(kind))
    if box and order(_key(kind)) is not None:
        url_state.put({"view": ",".join(str(v) for v in box)})


def _bound(call):  # type: ignore[no-untyped-def]
    """Callbacks that keep their identity between runs."""
    return {kind: (lambda kind=kind: call(kind)) for kind in (Kind.USER, Kind.POST)}


_on_picked, _on_named, _on_moved = _bound(_picked), _bound(_named), _bound(_moved)


# ---- beside and below it


def _selection(kind: Kind) -> Selection | None:
    try:
        return chosen(kind)
    except KindredError:
        return None  # the panel says why


@st.fragment(key="legend")
def _legend(kind: Kind, colour: str) -> None:
    selection = _selection(kind)
    show_legend(kind, painted(kind, colour), selection, mask(kind, selection))


@st.fragment(key="panel")
def _panel(kind: Kind, granularity: str) -> None:
    try:
        selection = chosen(kind)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        selection = None
    if selection is None:
        url_state.show_problem()
        show_groups(kind, granularity)
    else:
        show_selection(kind, selection, url_state.get("sel"))
    url_state.leave(KIND_NAMES[kind][1])  # a lasso runs no more of the page than this
