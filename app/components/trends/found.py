"""Bursts and changes of feeling, each with its posts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.common.markup import dot, esc, plain, show
from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS, counted
from app.components.shared.links import query
from app.components.shared.post_grid import show_posts
from app.data.session import corpus, workspace
from app.data.timeline import write_period
from app.data.trends import address, name_of, words_of
from backend.core.times import iso_day
from backend.domain import Kind
from backend.trends import Burst, Change, Shift
from backend.trends.find import ALL
from backend.trends.types import HARDLY

FEW, POSTS, WORDS = 6, 4, 5


def show_bursts(bursts: Sequence[Burst], level: str) -> None:
    """Show the bursts, the strongest first."""
    if not bursts:
        st.caption("No cluster posts significantly more in any period than at other times.")
        return
    for burst in _shown(bursts, "bursts"):
        name = name_of(burst.group, level)
        body = (
            f"<b>{burst.posts:,}</b> posts {esc(period(burst.start, burst.end))}, where "
            f"{usual(burst)} would be usual"
        )
        body += "." if burst.expected < HARDLY else f": <b>{burst.times:.1f} times</b> as many."
        if burst.group == ALL and (words := words_of(burst.start, burst.end)[:WORDS]):
            body += f'<div class="k-meta">Words that set them apart: {esc(", ".join(words))}</div>'
        _show(f"burst_{burst.group}_{burst.start}", name, body, _Posts(burst, level))


def usual(burst: Burst) -> str:
    """Say how many posts are expected in the period of a burst."""
    return "hardly any" if burst.expected < HARDLY else number(burst.expected)


def show_changes(changes: Sequence[Change], level: str) -> None:
    """Show the changes of feeling, the largest first."""
    if not changes:
        st.caption("No emotion of a cluster changes significantly and by 5 points or more.")
        return
    for change in _shown(changes, "changes"):
        parts = "".join(f"<li>{shift_markup(shift)}</li>" for shift in change.shifts[:4])
        more = len(change.shifts) - 4
        if more > 0:
            parts += f"<li>{more} more</li>"
        body = (
            f"Since <b>{iso_day(change.at)}</b>, in {change.posts[1]:,} posts compared with the "
            f"{change.posts[0]:,} before:<ul>{parts}</ul>"
        )
        name = name_of(change.group, level)
        _show(f"change_{change.group}_{change.at}", name, body, _Posts(change, level))


class _Posts:
    """The posts of a burst, or those after a change, by their address."""

    def __init__(self, found: Burst | Change, level: str) -> None:
        if isinstance(found, Burst):
            self.start, self.end = found.start, found.end
        else:
            self.start, self.end = found.at, found.until
        self.group, self.level = found.group, level

    @property
    def address(self) -> str:
        """Of the selection on the page Posts."""
        return address(self.start, self.end, self.group, self.level)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the posts, oldest first."""
        trends = workspace().trends
        return trends.between(self.start, self.end, self.group, self.level, corpus()).ids


def _show(key: str, name: str, body: str, posts: _Posts) -> None:
    with st.container(border=True, gap="small"):
        show(f"<b>{esc(name)}</b><div>{body}</div>")
        with st.container(horizontal=True, vertical_alignment="center"):
            seen = st.toggle("Show posts", key=f"{key}_posts")
            st.page_link(
                "views/posts.py",
                label="Open on the map",
                icon=":material/scatter_plot:",
                query_params=query(
                    sel=posts.address, time=write_period(posts.start, posts.end), tab="posts"
                ),
            )
        if seen:
            ids = posts.ids()
            step = max(len(ids) // POSTS, 1)
            some = ids[::step][:POSTS]
            st.caption(f"{len(some)} of {counted(len(ids), Kind.POST)}, spread over the period")
            show_posts(some, columns=4)


def _shown(found: Sequence, name: str) -> Sequence:
    if len(found) <= FEW or st.session_state.get(f"all_{name}"):
        return found
    st.session_state.setdefault(f"all_{name}", False)
    st.toggle(f"Show all {len(found)}", key=f"all_{name}")
    return found[:FEW]


def shift_markup(shift: Shift) -> str:
    """Write the means before and after a change, with their intervals."""
    colour = EMOTION_COLOURS.get(shift.name, SENTIMENT_COLOURS["positive"])
    word = "rises" if shift.difference > 0 else "falls"
    return (
        f"{dot(colour)}{esc(shift.name)} {word} from {_interval(shift.before)} to "
        f"<b>{_interval(shift.after)}</b>"
    )


def _interval(value: tuple[float, float, float]) -> str:
    return f"{value[0]:.0%} <small>[{value[1]:.0%}, {value[2]:.0%}]</small>"


def number(value: float) -> str:
    """Write how many posts are expected."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def period(start: int, end: int) -> str:
    """Write when a burst is: ``on 2026-05-01``."""
    first, last = pd.Timestamp(start, unit="s"), pd.Timestamp(end - 1, unit="s")
    if end - start < 86_400 and first.date() == last.date():
        return f"on {first:%Y-%m-%d} between {first:%H:%M} and {pd.Timestamp(end, unit='s'):%H:%M}"
    if first.date() == last.date():
        return f"on {first:%Y-%m-%d}"
    return f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def heading(text: str, help_text: str) -> None:
    """Show a heading with a line below it."""
    st.header(text, anchor=False)
    st.caption(plain(help_text))
