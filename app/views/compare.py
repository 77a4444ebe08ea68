"""Compare: two sets of posts on one map, and what differs between them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import streamlit as st

from app.common.markup import with_commands
from app.components.compare.differences import show_feelings, show_growth, show_words
from app.components.compare.maps import show_maps
from app.components.maps.map_missing import show_map_missing
from app.components.maps.story import show_report
from app.components.shared.actions import show_segments
from app.components.shared.corpus_picker import show_corpora
from app.components.shared.synthetic import corpus_title
from app.data import sides, url_state
from app.data.map_colours import title, value_name
from app.data.maps import map_of, stamp
from app.data.session import source_titles, workspace
from backend.domain import Kind, KindredError


def _show_choice(how: str) -> None:
    """Let the visitor choose what sets the two sides apart."""
    if how == "time":
        start = datetime.fromtimestamp(sides.day(), UTC).date()
        st.date_input("After starts on", start, key=f"compare_at_{start}", on_change=_day_changed,
                      args=(f"compare_at_{start}",), width=170)  # fmt: skip
    elif how == "column":
        name = sides.split_column()
        one, two = sides.two_values(name)
        known, titles = sides.values(name), source_titles() if name == "source" else {}
        _choose("Column", sides.split_columns(), name, "by", title)
        for label, parameter, value in (("Left", "a", one), ("Right", "b", two)):
            _choose(label, known, value, parameter, lambda v: value_name(name, v, titles))
    else:
        others = [n for n in workspace().corpora() if n != sides.selections(how)[0].corpus]
        _choose("With", others, sides.other_corpus(), "with", corpus_title)


def _choose(
    label: str, options: list[str], value: str, parameter: str, form: Callable[[str], str]
) -> None:
    key = f"compare_{parameter}_{value}"
    st.selectbox(
        label, options, index=options.index(value), key=key, format_func=form, width=190,
        on_change=_changed, args=(key, parameter),
    )  # fmt: skip


def _changed(key: str, parameter: str) -> None:
    change: dict[str, object] = {parameter: st.session_state[key]}
    if parameter == "by":
        change |= {"a": None, "b": None}
    url_state.put(change)


def _day_changed(key: str) -> None:
    chosen = st.session_state[key]
    if isinstance(chosen, date):
        url_state.put({"at": chosen.isoformat()})


st.set_page_config(page_title="Compare · Kindred")
url_state.enter("compare")

st.title("Compare", anchor=False)
st.caption("Two sets of posts side by side on one map: what grew, shrank, moved, and how it feels.")
try:
    shown = map_of(Kind.POST)
    known = sides.ways()
    if not known:
        st.info(
            "These posts have no times and no column to split by, and there is no other corpus.",
            icon=":material/compare_arrows:",
        )
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            how = show_segments(
                "Compare",
                known,
                key="compare_how",
                name="how",
                default=next(iter(known)),
                wrap=True,
            )
            _show_choice(how)
            levels = {lv.name: lv.name.capitalize() for lv in shown.levels}
            level = show_segments(
                "Clusters", levels, key="compare_level", name="level", default=shown.level().name
            )
            show_corpora()
        with st.spinner("Comparing …"):
            found = sides.compared(how, level)
        show_report(
            "report_sides", "comparison", lambda: workspace().stories.report_sides(found, level)
        )
        show_maps(found, level, f"{stamp()}|{how}|{level}")
        if found.one.selection.corpus != found.two.selection.corpus:
            st.caption(
                "The map is that of the corpus on the left. A post of the other one lies beside "
                "the posts that are most like it, and belongs to their cluster, however far it is."
            )
        show_growth(found, level)
        show_feelings(found)
        show_words(found)
except KindredError as error:
    if error.code == "no_map":
        show_corpora()
        url_state.show_problem()
        show_map_missing(error)
    elif error.code == "not_comparable":
        st.info(with_commands(error.message), icon=":material/compare_arrows:")
    else:
        raise

url_state.leave("compare")
