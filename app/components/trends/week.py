"""What is new in a week, against the weeks before."""

from __future__ import annotations

from math import isnan

import pandas as pd
import streamlit as st

from app.common.markup import esc, show, with_commands
from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS, counted
from app.components.maps.profile import SIGNIFICANT, contrasts_markup, overrepresented_markup
from app.components.shared.links import query
from app.components.shared.post_grid import show_posts
from app.data import url_state
from app.data.timeline import read_time, write_period
from app.data.trends import address, name_of, week
from backend.core.times import iso_day
from backend.domain import Kind, KindredError
from backend.trends.find import ALL
from backend.trends.growth import Growth
from backend.workspace.trends import WEEK, Week

FEW = 6


def show_week() -> None:
    """Show a week of the corpus, the last one unless the address names another."""
    end = read_time(url_state.get("week"))
    try:
        with st.spinner("Comparing the weeks …"):
            shown = week(end)
    except KindredError as error:
        st.info(with_commands(error.message), icon=":material/calendar_month:")
        if end is not None:
            st.button("Show the last week", on_click=url_state.put, args=({"week": None},))
        return
    _show_choice(shown, is_last=end is None)
    show(f"<p class='k-say'>{_summary(shown)}</p>")
    left, right = st.columns(2, gap="large")
    with left:
        show(_growth(shown))
    with right:
        parts = {"Tags": shown.profile.tags, "Words": shown.profile.words}
        words = overrepresented_markup(parts, most=FEW)
        note = "Share of the posts of the week, and of the weeks before; all significant."
        none = '<p class="k-note">No word or tag is significantly more frequent.</p>'
        show(f'{words}<p class="k-note">{note}</p>' if words else none)
    _show_feelings(shown)
    with st.container(horizontal=True, vertical_alignment="center"):
        seen = st.toggle("Show posts", key="week_posts")
        st.page_link(
            "views/posts.py",
            label="Open on the map",
            icon=":material/scatter_plot:",
            query_params=query(
                sel=address(shown.start, shown.end, ALL, "medium"),
                time=write_period(shown.start, shown.end),
            ),
        )
    if seen:
        ids = (*shown.profile.images, *shown.profile.selection.ids)[:8]
        show_posts(tuple(dict.fromkeys(ids)), columns=4)


def _show_choice(shown: Week, *, is_last: bool) -> None:
    first, last = (pd.Timestamp(t, unit="s") for t in (shown.start, shown.end - 1))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Week before", icon=":material/chevron_left:", type="tertiary", key="week_before",
            on_click=url_state.put, args=({"week": iso_day(shown.end - WEEK)},),
        )  # fmt: skip
        st.markdown(f"**{first:%Y-%m-%d} to {last:%Y-%m-%d}**", width="content")
        if not is_last:
            st.button(
                "Week after", icon=":material/chevron_right:", type="tertiary", key="week_after",
                on_click=url_state.put, args=({"week": iso_day(shown.end + WEEK)},),
            )  # fmt: skip
            st.button(
                "Last week", type="tertiary", key="week_last",
                on_click=url_state.put, args=({"week": None},),
            )  # fmt: skip


def _summary(shown: Week) -> str:
    weeks = (shown.start - shown.since) / WEEK
    before = f"{shown.before / weeks:,.0f} a week in the {weeks:.0f} weeks before"
    if weeks < 1.5:  # a few days are no rate
        days = max(1, round(weeks * 7))
        before = f"{shown.before:,} in the {f'{days} days' if days > 1 else 'day'} before"
    users = ""
    if shown.users:
        users = (
            f" by {counted(shown.users, Kind.USER)}, {shown.new_users:,} of them for the first time"
        )
    return f"{counted(shown.profile.count, Kind.POST)}{users}; {before}."


def _growth(shown: Week) -> str:
    changed = [g for g in shown.growth if g.state != "same"]
    head = '<div class="k-label">Clusters that take a larger or smaller part of all posts</div>'
    if not changed:
        return head + '<p class="k-note">None changed significantly.</p>'
    rows = "".join(_grown(g) for g in changed[:10])
    return (
        f'{head}<table class="k-table"><thead><tr><th>Cluster</th><th class="k-number">This week'
        '</th><th class="k-number">Before</th><th class="k-number">Difference</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        '<p class="k-note">In brackets: 95 % interval of the difference, in points. Shown: p '
        "below .05 after correction.</p>"
    )


def _grown(g: Growth) -> str:
    name = name_of(g.group, "medium")
    new = f" <small>{g.state}</small>" if g.state in ("new", "gone") else ""
    return (
        f"<tr><td>{esc(name)}{new}</td>"
        f'<td class="k-number">{g.share:.1%} <small>{g.count:,}</small></td>'
        f'<td class="k-number">{g.before:.1%} <small>{g.before_count:,}</small></td>'
        f'<td class="k-number">{100 * (g.share - g.before):+.1f} '
        f"<small>[{100 * g.low:+.1f}, {100 * g.high:+.1f}]</small></td></tr>"
    )


def _show_feelings(shown: Week) -> None:
    profile = shown.profile
    every = [*profile.emotions, profile.sentiment]
    differing = [c for c in every if not isnan(c.p) and c.p < SIGNIFICANT]
    if not differing:
        show('<p class="k-note">No emotion differs significantly from the weeks before.</p>')
        return
    title = (
        "Feelings that differ: mean probability with its 95 % interval; vertical mark: "
        "the weeks before"
    )
    show(contrasts_markup(title, differing, EMOTION_COLOURS | SENTIMENT_COLOURS))
