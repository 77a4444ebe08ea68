"""The controls above a map: colour, clusters, search, filters, figure and views."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.maps.canvas.figure import show_figure_export
from app.components.maps.shown import MapState
from app.components.maps.views import show_views
from app.components.shared.actions import show_segments
from app.components.shared.corpus_picker import show_corpora
from app.components.shared.fold import show_fold
from app.data import filters, url_state
from app.data.families import unfolded
from app.data.filters import Condition
from app.data.map_colours import title, value_name
from app.data.maps import column, columns, map_of
from app.data.session import source_titles
from backend.domain import Kind


def show_controls(kind: Kind) -> MapState:
    """Show the controls; return what they say."""
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
        _show_only(kind, colour)
        conditions = filters.conditions(kind, colour)
        visible = filters.passing(kind, conditions)
        if kind is Kind.POST:
            show_fold()
            visible = visible & unfolded(kind, shown.ids)
        state = MapState(kind, colour, st.session_state[f"{key}_level"], visible)
        _figure(state)
        show_views(kind)
        show_corpora()
    _show_active(kind, colour)
    return state


@st.fragment(key="figure")
def _figure(state: MapState) -> None:
    show_figure_export(state.kind, state.colour, state.level, state.now())


def _colour_changed(kind: Kind) -> None:
    value = st.session_state[f"{kind.value}_colour"]
    url_state.put({"colour": None if value == "cluster" else value, "only": None}, own=True)


def _show_only(kind: Kind, colour: str) -> None:
    """Let the visitor hide values of the column; hidden points cannot be selected."""
    values = column(kind, colour)
    if values.categories is None:
        return
    condition = filters.conditions(kind, colour).get(colour, Condition())
    only = [v for v in condition.values if v in values.categories]
    widget = f"{kind.value}_only_{colour}_{hash(tuple(only))}"
    titles = source_titles() if colour == "source" else {}
    with st.popover(
        f"Show only ({len(only)})" if only else "Show only",
        icon=":material/filter_alt:",
        type="primary" if only else "secondary",
    ):
        st.multiselect(
            f"{title(colour)}: show only",
            list(values.categories),
            default=only,
            format_func=lambda v: value_name(colour, v, titles),
            key=widget,
            on_change=_only_changed,
            args=(kind, colour, widget),
            placeholder="Everything",
        )
        st.caption("Other columns are filtered under “Columns”, beside the map.")


def _only_changed(kind: Kind, colour: str, widget: str) -> None:
    conditions = filters.conditions(kind, colour)
    conditions.pop(colour, None)
    if values := tuple(st.session_state[widget]):
        conditions[colour] = Condition(values)
    filters.put(conditions)


def _show_active(kind: Kind, colour: str) -> None:
    """Show the filters, each with a button that removes it."""
    conditions = filters.conditions(kind, colour)
    if not conditions:
        return
    with st.container(horizontal=True, gap="small", key="active_filters"):
        for name, one in conditions.items():
            st.button(
                plain(filters.describe(name, one)),
                key=f"{kind.value}_without_{name}",
                icon=":material/close:",
                help="Remove this filter",
                on_click=_remove,
                args=(kind, colour, name),
            )


def _remove(kind: Kind, colour: str, name: str) -> None:
    conditions = filters.conditions(kind, colour)
    conditions.pop(name, None)
    filters.put(conditions)
