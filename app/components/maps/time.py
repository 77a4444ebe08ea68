"""A selection over time: its emotions, bursts and changes of feeling."""

from __future__ import annotations

import streamlit as st

from app.common.markup import esc, show, with_commands
from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS
from app.components.trends.found import period, shift_markup, usual
from app.components.trends.lines import show_lines
from app.data import url_state
from app.data.maps import stamp
from app.data.session import corpus, workspace
from app.data.timeline import write_period
from backend.core.times import iso_day
from backend.domain import KindredError, Selection
from backend.trends import Burst, Change, Line, Steps

Found = tuple[tuple[Burst, ...], tuple[Change, ...]]
FEW = 5


def show_selection_time(selection: Selection, shown: str) -> None:
    """Show a selection over time; `shown` is its address."""
    try:
        steps, lines = _lines(stamp(), shown, len(selection), selection)
        bursts, changes = _found(stamp(), shown, len(selection), selection)
    except KindredError as error:
        st.caption(with_commands(error.message))
        return
    show('<div class="k-label">Mean probability of each emotion over time</div>')
    show_lines(steps, lines[:-1], EMOTION_COLOURS)
    show_lines(steps, lines[-1:], {"positive": SENTIMENT_COLOURS["positive"]})
    show('<div class="k-label">Bursts, compared with all posts</div>')
    if not bursts:
        st.caption("None that is significant.")
    for burst in bursts[:FEW]:
        show(
            f"<b>{burst.posts:,}</b> posts {esc(period(burst.start, burst.end))}, where "
            f"{usual(burst)} would be usual"
        )
        _show_period(burst.start, burst.end)
    show('<div class="k-label">Changes of feeling</div>')
    if not changes:
        st.caption("None that is significant, of 5 points or more, and more than a burst.")
    for change in changes[:FEW]:
        parts = "".join(f"<li>{shift_markup(shift)}</li>" for shift in change.shifts[:4])
        show(f"Since <b>{iso_day(change.at)}</b>, in {change.posts[1]:,} posts:<ul>{parts}</ul>")
        _show_period(change.at, change.until)


def _show_period(start: int, end: int) -> None:
    span = write_period(start, end)
    st.button(
        "Show on the map", key=f"period_{span}", type="tertiary", icon=":material/timeline:",
        on_click=_open, args=(span,),
    )  # fmt: skip


def _open(period: str) -> None:
    url_state.put({"time": period})
    st.rerun()  # the map, too


@st.cache_resource(max_entries=40, show_spinner=False)
def _lines(stamp: str, shown: str, size: int, _selection: Selection) -> tuple[Steps, list[Line]]:
    return workspace().trends.emotions(_selection, corpus())


@st.cache_resource(max_entries=40, show_spinner=False)
def _found(stamp: str, shown: str, size: int, _selection: Selection) -> Found:
    return workspace().trends.of_selection(_selection)
