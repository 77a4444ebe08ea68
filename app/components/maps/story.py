"""The story of a selection: a paragraph of measured facts, and a report to send."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlencode

import streamlit as st

from app.common.markup import esc, show, with_commands
from app.components.shared.links import query
from app.data.maps import stamp
from app.data.selection import title_of
from app.data.session import workspace
from app.data.timeline import write_period
from backend.domain import Kind, KindredError, Selection
from backend.search.query import Query, Term
from backend.selections import Comparison, Profile
from backend.selections.story import Fragment


def show_story(profile: Profile, shown: str) -> None:
    """Show the story; each number opens what it is from."""
    try:
        parts = _story(f"{stamp()}|{shown}|{profile.count}", profile)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/error:")
        return
    show(f'<p class="k-say">{"".join(_markup(part, shown) for part in parts)}</p>')
    st.caption(
        "Only measured facts. In brackets: 95 % intervals; a difference is told if p is below "
        ".05 after correction. Feelings are predictions. To copy:"
    )
    st.code("".join(part.text for part in parts), language=None, wrap_lines=True)
    show_report(
        f"report_{shown}", profile.selection.name or "selection",
        lambda: workspace().stories.report(profile),
    )  # fmt: skip


@st.cache_resource(max_entries=40, show_spinner=False)
def _story(key: str, _profile: Profile) -> list[Fragment]:
    return workspace().stories.tell(_profile)


def show_comparison_report(one: Selection, two: Selection, result: Comparison) -> None:
    """Offer a comparison as a report.

    Its reader has no map on which to see what is selected: both sides have names.
    """
    first, second = title_of(one), title_of(two)
    if first == second:  # both were drawn
        first, second = f"{first} (1)", f"{second} (2)"
    show_report(
        "report_comparison", "comparison",
        lambda: workspace().stories.report_comparison(first, second, result),
    )  # fmt: skip


def show_report(key: str, name: str, write: Callable[[], str]) -> None:
    """Offer a report as a file, written only when downloaded."""
    st.download_button(
        "Report (HTML)",
        lambda: write().encode(),
        f"kindred-{quote('-'.join(name.lower().split()), safe='')[:60]}.html",
        "text/html",
        icon=":material/description:",
        help="One file for somebody without Kindred: the facts, tables and small pictures.",
        on_click="ignore",
        key=key,
    )


def _markup(part: Fragment, shown: str) -> str:
    link = _link(part, shown)
    if not link:
        return esc(part.text)
    return f'<a href="{esc(link)}" target="_self">{esc(part.text)}</a>'


def _link(part: Fragment, shown: str) -> str:
    """Return the address of what a part is from."""
    if "post" in part.opens:
        term = str(Query((Term(Kind.POST, part.opens["post"]),)))
        return f"search?{urlencode(query(q=term))}"
    if "tab" in part.opens:
        return f"?{urlencode(query(sel=shown, tab=part.opens['tab']))}"
    if "time" in part.opens:
        start, _, end = part.opens["time"].partition("..")
        return f"?{urlencode(query(sel=shown, time=write_period(int(start), int(end))))}"
    return ""
