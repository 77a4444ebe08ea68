"""The members of a selection: posts with their media, and a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from app.common.markup import plain
from app.common.palette import KIND_NAMES, counted
from app.components.shared.links import show_user_link
from app.components.shared.pager import page_start, page_words, show_pager
from app.components.shared.post_card import show_media, show_post
from app.components.shared.post_grid import show_posts
from app.data.map_colours import title
from app.data.maps import column, columns, map_of
from app.data.selection import choose, keep
from app.data.session import affects, author_of, corpus, posts, workspace
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
    """Show the members as a table; selected rows can become the selection of the map."""
    n, many = len(selection), KIND_NAMES[kind][1]
    limit = st.session_state.get("panel_rows", ROWS)
    table = workspace().selections.members(_sorted(kind, selection), 0, limit)
    st.caption(
        f"{min(limit, n):,} of {n:,} {many} · a heading sorts these rows; select rows to "
        "see one below, or to mark them on the map"
    )
    empty = [name for name in table.column_names if table[name].null_count == len(table)]
    event = st.dataframe(
        table.drop_columns(empty),
        hide_index=True,
        height=420,
        key="panel_table",
        on_select="rerun",
        selection_mode="multi-row",
        alt=f"{many.capitalize()} in the selection",
    )
    picked = [row for row in event["selection"]["rows"] if row < len(table)]
    if len(picked) == 1:
        row = table.slice(picked[0], 1).to_pylist()[0]
        if kind is Kind.USER:
            show_user_link(str(row["id"]), str(row.get("name") or row["id"]))
        else:
            _show_one(str(row["id"]))
    with st.container(horizontal=True):
        if picked:
            st.button(
                f"Select {counted(len(picked), kind)} on the map",
                icon=":material/select_all:",
                on_click=_select_rows,
                args=(kind, tuple(table["id"].take(picked).to_pylist())),
            )
        if limit < n:
            st.button("Show more rows", on_click=_show_more, args=(limit * 4,))


def _sorted(kind: Kind, selection: Selection) -> Selection:
    """Let the visitor sort all members by a column, not only the rows that are shown."""
    key, names = f"{kind.value}_sort", ["", *columns(kind)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Sort all by", names, key=key, format_func=lambda c: title(c) if c else "As selected",
            width=220,
        )  # fmt: skip
        down = st.toggle("Largest first", value=True, key=f"{key}_down", disabled=not name)
    if not name:
        return selection
    place = {id_: i for i, id_ in enumerate(map_of(kind).ids)}
    rows = np.array([place.get(id_, -1) for id_ in selection.ids])
    values = np.append(np.asarray(column(kind, name).values, dtype=float), np.nan)[rows]
    values[(values < 0) & (column(kind, name).categories is not None)] = np.nan
    order = np.argsort(-values if down else values, kind="stable")  # NaN comes last
    return replace(selection, ids=tuple(selection.ids[i] for i in order))


def _select_rows(kind: Kind, ids: tuple[str, ...]) -> None:
    selection = workspace().selections.of(kind, ids, "rows of the table", corpus())
    choose(keep(selection))
    st.rerun()


def _show_more(limit: int) -> None:
    st.session_state["panel_rows"] = limit


def _show_one(id_: str) -> None:
    post = posts([id_]).get(id_)
    if post is None:
        return
    with st.container(border=True):
        show_post(post, author=author_of(post), affect=affects([id_]).get(id_), lines=12)
