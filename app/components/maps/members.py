"""The members of a selection: posts with their media, and a table."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.common.palette import KIND_NAMES
from app.components.shared.links import show_user_link
from app.components.shared.pager import page_start, page_words, show_pager
from app.components.shared.post_card import show_media, show_post
from app.components.shared.post_grid import show_posts
from app.data.session import affects, author_of, posts, workspace
from backend.domain import Kind, Modality, Selection
from backend.selections import Profile

PAGE, ROWS = 12, 50


def show_gallery(selection: Selection, profile: Profile) -> None:
    """Show typical images and sounds, then all posts in pages."""
    if profile.images:
        st.caption("**Typical images:** most like the selection, least like the rest")
        typical = posts(profile.images[:6])
        with st.grid(3, min_column_width=96, gap="small"):
            for post in typical.values():
                show_media(post, Modality.IMAGE)
    if profile.sounds:
        st.caption("**Typical sounds**")
        for post in posts(profile.sounds[:3]).values():
            st.caption(plain((post.title or post.text or post.id)[:80]))
            show_media(post, Modality.AUDIO)
    ids = workspace().selections.posts_of(selection)
    start = page_start(len(ids))
    st.caption(f"**Posts** {page_words(start, PAGE, len(ids))}")
    show_posts(ids[start : start + PAGE], columns=3)
    show_pager(start, PAGE, len(ids))


def show_table(kind: Kind, selection: Selection) -> None:
    """Show the members as a table; a selected row is shown below it."""
    n = len(selection)
    limit = st.session_state.get("panel_rows", ROWS)
    table = workspace().selections.members(selection, 0, limit)
    many = KIND_NAMES[kind][1]
    shown = min(limit, n)
    st.caption(f"{shown:,} of {n:,} {many}" + (" · select a row to see it below" if n else ""))
    event = st.dataframe(
        table,
        hide_index=True,
        height=420,
        key="panel_table",
        on_select="rerun",
        selection_mode="single-row",
        alt=f"{many.capitalize()} in the selection",
    )
    picked = event["selection"]["rows"]
    if picked:
        row = table.slice(picked[0], 1).to_pylist()[0]
        if kind is Kind.USER:
            show_user_link(str(row["id"]), str(row.get("name") or row["id"]))
        else:
            _show_one(str(row["id"]))
    if limit < n:
        st.button("Show more rows", on_click=_show_more, args=(limit * 4,))


def _show_more(limit: int) -> None:
    st.session_state["panel_rows"] = limit


def _show_one(id_: str) -> None:
    post = posts([id_]).get(id_)
    if post is None:
        return
    with st.container(border=True):
        show_post(post, author=author_of(post), affect=affects([id_]).get(id_), lines=12)
