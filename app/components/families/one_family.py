"""One family: how it spread, its variants, its posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import esc, show
from app.common.palette import counted, shortened
from app.components.families.overview import facts, first_seen
from app.components.shared.actions import show_link_button
from app.components.shared.links import query
from app.components.shared.pager import page_start, show_pager
from app.components.shared.post_grid import show_posts
from app.data.families import moment
from app.data.selection import keep
from app.data.session import corpus, posts, users, workspace
from backend.domain import Kind, User
from backend.text.search_tokens import fold

if TYPE_CHECKING:
    from backend.families.types import Families

PAGE, VARIANTS, SAID = 12, 30, 240
BLUE = "#6C66BE"
DAYS_BY_HOUR, DAYS_BY_MONTH, TICKS = 3, 180, 6  # days of a span; labels of the axis
_PUNCTUATION = ".,;:!?…¡¿\"'“”„‘’«»()[]"


def show_family(found: Families, name: str) -> None:
    """Show a family, named by its first post."""
    show_link_button("All families", {"family": None, "offset": None}, icon="arrow_back")
    rows = found.rows.get(name)
    if rows is None:
        st.info("There is no such family in this corpus.", icon=":material/account_tree:")
        return
    family = next(one for one in found.all if one.id == name)
    people = users(sorted({user for user in found.users[rows] if user}))
    first = people.get(found.users[rows[0]] or "")
    st.header(f"A family of {counted(family.posts, Kind.POST)}", anchor=False)
    about = facts(family)
    show(
        f'<div class="k-meta">{esc(about[:1].upper() + about[1:])}. '
        f"{esc(first_seen(family, first.name if first else ''))}.</div>"
    )
    ids = [str(id_) for id_ in found.ids[rows]]
    left, right = st.columns([6, 6], gap="large")
    with left:
        st.subheader("How it spread", anchor=False)
        _show_spread(found, rows, people)
    with right:
        st.subheader("Variants", anchor=False)
        _show_variants(found, rows, people)
    st.subheader("All its posts, oldest first", anchor=False)
    start = page_start(len(ids))
    show_posts(ids[start : start + PAGE])
    show_pager(start, PAGE, len(ids))
    selection = workspace().selections.of(Kind.POST, ids, "family of copies", corpus())
    st.page_link(
        "views/posts.py",
        label="Show them on the map of posts",
        icon=":material/scatter_plot:",
        query_params=query(sel=keep(selection)),
    )


def _show_spread(found: Families, rows: np.ndarray, people: Mapping[str, User]) -> None:
    dated = rows[~np.isnan(found.seconds[rows])]
    if not len(dated):
        st.caption("These posts have no dates.")
        return
    names = [people[u].name if u in people else "nobody named" for u in found.users[dated]]
    table = pd.DataFrame(
        {
            "time": pd.to_datetime(found.seconds[dated], unit="s", utc=True),
            "posts": np.arange(1, len(dated) + 1),
            "by": names,
        }
    )
    lines = alt.Chart(table).encode(
        x=alt.X("time:T", title=None, axis=_days(found.seconds[dated])),
        y=alt.Y("posts:Q", title="Posts so far", axis=alt.Axis(tickMinStep=1)),
    )
    steps = lines.mark_line(interpolate="step-after", color=BLUE)
    dots = lines.mark_circle(size=60, color=BLUE, opacity=1).encode(
        tooltip=[
            alt.Tooltip("time:T", title="Time", format="%-d %b %Y, %H:%M"),
            alt.Tooltip("by:N", title="By"),
            alt.Tooltip("posts:Q", title="Posts so far"),
        ]
    )
    last = moment(float(found.seconds[dated[-1]]))
    st.altair_chart(
        (steps + dots).properties(height=260),
        alt=f"Posts of the family over time: {len(dated)} until {last}",
        width="stretch",
    )


def _days(seconds: np.ndarray) -> alt.Axis:
    """Return an axis with a date at each tick, or the time within a few days."""
    days = float(seconds[-1] - seconds[0]) / 86_400
    if days < DAYS_BY_HOUR:
        return alt.Axis(format="%-d %b %H:%M", tickCount=4, labelOverlap="greedy")
    if days > DAYS_BY_MONTH:
        form, months = "%b %Y", max(1, round(days / 30 / TICKS))
        step = alt.TimeIntervalStep(interval="month", step=months)
    else:
        form = "%-d %b"
        step = alt.TimeIntervalStep(interval="day", step=max(1, round(days / TICKS)))
    return alt.Axis(format=form, tickCount=step, labelOverlap="greedy")


def _show_variants(found: Families, rows: np.ndarray, people: Mapping[str, User]) -> None:
    """List what differs within the family, each variant with its first post."""
    keys = found.variant_keys(rows)
    counts = Counter(keys)
    firsts: dict[tuple[int, ...], int] = {}
    for row, key in zip(rows, keys, strict=True):
        firsts.setdefault(key, int(row))
    shown = list(firsts.items())[:VARIANTS]
    content = posts([str(found.ids[row]) for _, row in shown])
    lines = []
    first_words: set[str] | None = None
    for key, row in shown:
        post = content.get(str(found.ids[row]))
        if post is None:
            continue
        said = shortened(post.text, SAID) if post.text else "without a text"
        words = esc(said) if first_words is None else _marked(said, first_words)
        if first_words is None and post.text:
            first_words = set(map(_bare, post.text.split()))
        who = people.get(found.users[row] or "")
        first = f"{moment(float(found.seconds[row]))} by {who.name if who else 'nobody named'}"
        lines.append(
            f'<tr><td dir="auto">{words}<div class="k-meta">{esc(first.strip())}</div></td>'
            f'<td class="k-number">{counts[key]:,}</td></tr>'
        )
    head = "<tr><th>Variant and its first post</th><th class='k-number'>Posts</th></tr>"
    show(f'<table class="k-table"><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table>')
    if len(firsts) > 1 and first_words is not None:
        st.caption("Highlighted: words that the first text does not have.")
    if len(firsts) > VARIANTS:
        st.caption(f"The first {VARIANTS} of {len(firsts):,} variants.")


def _marked(said: str, first: set[str]) -> str:
    """Mark the words of a text that the first text of the family does not have; escaped."""
    return " ".join(
        esc(word) if _bare(word) in first else f"<mark>{esc(word)}</mark>" for word in said.split()
    )


def _bare(word: str) -> str:
    """Return a word without case, accents and punctuation around it.

    Examples
    --------
    >>> _bare("Noon!!"), _bare("😡"), _bare("5%"), _bare("?!")
    ('noon', '😡', '5%', '?!')
    """
    return fold(word.strip(_PUNCTUATION) or word)
