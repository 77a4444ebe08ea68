"""The panel of a selection: size, emotions, words, members; save, compare, export."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.common.palette import (
    EMOTION_COLOURS,
    KIND_NAMES,
    MODALITY_NAMES,
    SENTIMENT_COLOURS,
    counted,
)
from app.components.maps.columns.mount import show_columns
from app.components.maps.comparison import colours_of, show_comparison
from app.components.maps.label_selection import show_label_form
from app.components.maps.legend import rows
from app.components.maps.members import show_gallery, show_table
from app.components.maps.partners import MENU, show_partners
from app.components.maps.profile import show_emotions, show_overrepresented, summary
from app.components.maps.shown import MapState
from app.components.maps.story import show_story
from app.components.maps.time import show_selection_time
from app.components.shared.actions import show_downloads, show_segments
from app.data import url_state
from app.data.map_colours import CATEGORIES, GREY
from app.data.selection import address_of, choose, chosen, mask, profile, title_of
from app.data.session import corpus, workspace
from backend.domain import Kind, KindredError, Selection
from backend.selections import Profile

SAVE = "save_menu"
TABS = {
    "story": "Story",
    "feels": "Emotions",
    "says": "Words",
    "posts": "Posts",
    "time": "Time",
    "made": "Breakdown",
    "columns": "Columns",
    "table": "Table",
}


def show_selection(state: MapState, selection: Selection, shown: str) -> None:
    """Show the panel of a selection; `shown` is its address."""
    kind = state.kind
    try:
        result = profile(selection)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        st.button("Clear", icon=":material/close:", on_click=_clear)
        return
    _show_head(kind, selection, result)
    _show_actions(kind, selection, shown, state.level)
    other = _other(kind)
    if other is not None:
        show_comparison(selection, other, colours_of(state, selection, other))
        return
    names = TABS if kind is Kind.POST else {**TABS, "table": "Users"}
    layout = {"label_visibility": "collapsed", "wrap": True}
    tab = show_segments("Show", names, key="panel_tab", name="tab", default="feels", **layout)
    if tab == "story":
        show_story(result, shown)
    elif tab == "feels":
        show(f'<p class="k-say">{esc(summary(result))}</p>')
        show_emotions(result)
    elif tab == "says":
        show_overrepresented(result)
    elif tab == "posts":
        show_gallery(selection, result)
    elif tab == "time":
        show_selection_time(selection, shown)
    elif tab == "made":
        _show_breakdown(result)
    elif tab == "columns":
        show_columns(kind, state.colour, mask(kind, selection), state.now())
    else:
        show_table(kind, selection)


def _show_head(kind: Kind, selection: Selection, profile: Profile) -> None:
    st.subheader(plain(title_of(selection)), anchor=False)
    posts = f", with {counted(profile.posts, Kind.POST)}" if kind is Kind.USER else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"**{profile.count:,}** of {counted(profile.total, kind)} selected{posts}",
            width="content",
        )
        st.space("stretch")
        st.button(
            "Clear", icon=":material/close:", type="tertiary", key="panel_clear", on_click=_clear
        )
    if profile.missing:
        st.caption(f"{profile.missing:,} more are no longer in the corpus.")


def _show_actions(kind: Kind, selection: Selection, shown: str, level: str) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.session_state.pop("save_done", False):
            st.session_state[SAVE] = False  # closed
        menu = st.popover("Save", icon=":material/bookmark_add:", key=SAVE, on_change="rerun")
        with menu, st.form("save_form", border=False):
            name = st.text_input("Name", value=selection.name, max_chars=60, key=f"save_{shown}")
            if st.form_submit_button("Save", type="primary"):
                _save(selection, name)
        with st.popover("Compare", icon=":material/compare_arrows:", key=MENU, on_change="rerun"):
            show_partners(kind, selection, shown, level)
        within = partial(_go_within, selection, shown)
        st.button("Search within", icon=":material/search:", key="panel_within", on_click=within)
        show_label_form(selection, shown)
        with st.popover("Export", icon=":material/download:"):
            members = f"{len(selection):,} {KIND_NAMES[kind][1]}"
            known = "ids, names, authors, labels" if kind is Kind.POST else "ids, names"
            st.caption(f"All {members}, with {known} and predictions.")
            write = partial(workspace().selections.export, selection)
            file = f"kindred-{_slug(selection.name) or 'selection'}"
            show_downloads(write, file, ("csv", "json", "parquet"), key="selection")
    if link := st.session_state.pop("within_link", None):
        st.switch_page("views/search.py", query_params=link)
    if (name := st.session_state.pop("saved_as", None)) is not None:
        st.toast(f"Saved as “{plain(name)}”.", icon=":material/bookmark_added:")
    url_state.show_problem()


def _slug(name: str) -> str:
    return quote("-".join(name.lower().split()), safe="")[:60]


def _save(selection: Selection, name: str) -> None:
    if not name.strip():
        st.error("Enter a name first.", icon=":material/error:")
        return
    try:
        named = workspace().selections.save(selection, name)
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    st.session_state["saved_as"], st.session_state["save_done"] = named.name, True
    choose(f"saved:{named.name}")
    st.rerun()


def _other(kind: Kind) -> Selection | None:
    try:
        return chosen(kind, "vs")
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/compare_arrows:")
        return None


def _clear() -> None:
    choose(None)
    st.rerun()


def _go_within(selection: Selection, shown: str) -> None:
    link = {"within": address_of(selection, shown), "of": selection.kind.value}
    if corpus():
        link["corpus"] = str(corpus())
    st.session_state["within_link"] = link


def _show_breakdown(profile: Profile) -> None:
    order = ("cluster", "modality", "emotion", "sentiment", "source", "language")
    colours = {"emotion": EMOTION_COLOURS, "sentiment": SENTIMENT_COLOURS}
    for name in (n for n in order if n in profile.legends):
        parts = [p for p in profile.legends[name] if p.count or len(profile.legends[name]) <= 9][:9]
        if name == "modality":
            titles = {m.value: t for m, t in MODALITY_NAMES.items()}
            parts = [type(p)(titles.get(p.name, p.name), p.count, p.total) for p in parts]
        paint = colours.get(name) or {
            p.name: CATEGORIES[i % len(CATEGORIES)] if name != "language" else GREY
            for i, p in enumerate(profile.legends[name])
        }
        show(rows(name, parts, paint, selected=True))
