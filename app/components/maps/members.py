"""What is in a selection: pictures and players, and the table."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.common.palette import KIND_NAMES
from app.components.shared.links import show_user_link
from app.components.shared.pager import page_start, page_words, show_pager
from app.components.shared.post_card import show_media, show_post
from app.data.maps import sources
from app.data.session import affects, posts, users, workspace
from backend.domain import Kind, Modality, Selection
from backend.selections import Profile

PAGE, ROWS = 12, 50


def show_gallery(selection: Selection, told: Profile) -> None:
    """Show typical images and sounds, then the posts themselves, page by page.

    Parameters
    ----------
    selection : Selection
    told : Profile
    """
    if told.images:
        st.caption("**Typical images**: most like the selection and least like the rest")
        typical = posts(told.images[:6])
        with st.grid(3, min_column_width=96, gap="small"):
            for post in typical.values():
                show_media(post, Modality.IMAGE)
    if told.sounds:
        st.caption("**Typical sounds**")
        for post in posts(told.sounds[:3]).values():
            st.caption(plain((post.title or post.text or post.id)[:80]))
            show_media(post, Modality.AUDIO)
    ids = workspace().selections.posts_of(selection)
    start = page_start(len(ids))
    st.caption(f"**Posts** {page_words(start, PAGE, len(ids))}")
    found = posts(ids[start : start + PAGE])
    authors = users(sorted({p.user for p in found.values() if p.user}))
    felt, titles = affects(list(found)), sources()
    with st.grid(3, min_column_width=150):
        for post in found.values():
            with st.container(border=True, height="stretch", gap="xsmall"):
                show_post(
                    post,
                    author=authors.get(post.user or ""),
                    source_title=titles.get(post.source or ""),
                    affect=felt.get(post.id),
                )
    show_pager(start, PAGE, len(ids))


def show_table(kind: Kind, selection: Selection) -> None:
    """Show the members as a table; of users, a row opens the user's page."""
    n = len(selection)
    limit = st.session_state.get("panel_rows", ROWS)
    table = workspace().selections.members(selection, 0, limit)
    many = KIND_NAMES[kind][1]
    shown = min(limit, n)
    st.caption(f"{shown:,} of {n:,} {many}" + (" · select a row to open it" if n else ""))
    event = st.dataframe(
        table,
        hide_index=True,
        height=420,
        key="panel_table",
        on_select="rerun",
        selection_mode="single-row",
        alt=f"The {many} of the selection",
    )
    picked = event["selection"]["rows"]
    if picked:
        row = table.slice(picked[0], 1).to_pylist()[0]
        if kind is Kind.USER:
            show_user_link(str(row["id"]), str(row.get("name") or row["id"]))
        else:
            _show_one(str(row["id"]))
    if limit < n:
        st.button("Show more rows", on_click=_longer, args=(limit * 4,))


def _longer(limit: int) -> None:
    st.session_state["panel_rows"] = limit


def _show_one(id_: str) -> None:
    post = posts([id_]).get(id_)
    if post is None:
        return
    author = users([post.user]).get(post.user) if post.user else None
    with st.container(border=True):
        show_post(post, author=author, affect=affects([id_]).get(id_), lines=12)
