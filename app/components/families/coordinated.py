"""Coordinated posting: the evidence, and what it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.common.markup import esc, show
from app.common.palette import MODALITY_NAMES, counted, shortened
from app.components.shared.actions import show_link_button
from app.components.shared.links import query
from app.components.shared.post_card import user_anchor
from app.data.families import coordinated, lasted, moment
from app.data.selection import keep
from app.data.session import corpus, posts, users, workspace
from backend.domain import Kind, Modality

if TYPE_CHECKING:
    from backend.families.coordinated import Group
    from backend.families.types import Families

GROUPS, USERS = 5, 40


def show_coordinated(found: Families) -> None:
    """Show the groups of users who posted exact copies within minutes, if there are any."""
    groups = coordinated()
    if not groups:
        return
    st.header("Coordinated posting", anchor=False)
    st.caption(
        "Users who posted exact copies within ten minutes, five users or more. This shows what "
        "was posted when, not why: a campaign, a button of an app and a school class look the "
        "same."
    )
    for number, group in enumerate(groups[:GROUPS]):
        with st.container(border=True):
            _show_group(found, group, number)
    if len(groups) > GROUPS:
        st.caption(f"The largest {GROUPS} of {len(groups):,} groups.")


def _show_group(found: Families, group: Group, number: int) -> None:
    times = len(group.occasions)
    often = {1: "once", 2: "twice"}.get(times, f"{times:,} times")
    who = esc(counted(len(group.users), Kind.USER))
    show(f"<b>{who} posted the same within minutes, {often}</b>")
    family = dict(zip(found.ids, found.family, strict=True))
    content = posts([occasion.posts[0] for occasion in group.occasions])
    lines = []
    for occasion in group.occasions:
        post = content.get(occasion.posts[0])
        said = shortened(post.text or post.title or "", 140) if post else ""
        of = MODALITY_NAMES[Modality(occasion.by)].lower()
        lines.append(
            f'<tr><td><div dir="auto">{esc(said) or esc(f"the same {of}")}</div>'
            f"<small>{esc(moment(occasion.start))} UTC</small></td>"
            f'<td class="k-number">{len(occasion.users):,}</td>'
            f'<td class="k-number">{esc(lasted(occasion.end - occasion.start))}</td></tr>'
        )
    head = (
        "<tr><th>What, and when first</th><th class='k-number'>Users</th>"
        "<th class='k-number'>Within</th></tr>"
    )
    show(
        f'<div class="k-scroll"><table class="k-table"><thead>{head}</thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
    people = users(list(group.users[:USERS]))
    names = ", ".join(
        f"{user_anchor(people[user])} <small>{group.times[user]}×</small>"
        for user in group.users[:USERS]
        if user in people
    )
    more = f" and {len(group.users) - USERS:,} more" if len(group.users) > USERS else ""
    show(f'<div class="k-meta">Who took part, how often: {names}{esc(more)}</div>')
    with st.container(horizontal=True, vertical_alignment="center"):
        for place, occasion in enumerate(group.occasions[:3]):
            label = "Open the posts"
            if times > 1:
                label += f" of {moment(occasion.start)}"
            show_link_button(
                label,
                {"family": str(family[occasion.posts[0]]), "offset": None},
                icon="account_tree",
                key=f"occasion_{number}_{place}",
            )
        selection = workspace().selections.of(
            Kind.USER, list(group.users), "users who posted the same within minutes", corpus()
        )
        st.page_link(
            "views/users.py",
            label="Show the users on the map",
            icon=":material/group:",
            query_params=query(sel=keep(selection)),
        )
