"""Posts with their label and prediction, and the selection behind a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.components.errors.tables import CLEARED, put_selection
from app.components.shared.actions import show_downloads
from app.components.shared.pager import page_start, show_pager
from app.components.shared.post_card import show_post
from app.data import url_state
from app.data.error_analysis import ErrorPageState, model_of, selected_posts
from app.data.session import corpus, posts, users, workspace
from backend.domain import KindredError, Selection
from backend.error_analysis import ScoredPredictions

PAGE = 12
_LAST = "errors_last_selection"
MISTAKES = 4  # kinds of mistakes that get a button


def show_posts(scored: ScoredPredictions, ids: Sequence[str], key: str) -> None:
    """Show posts as cards with label, prediction and a link to its explanation."""
    found = posts(list(ids))
    authors = users(sorted({p.user for p in found.values() if p.user}))
    row_of = {id_: i for i, id_ in enumerate(scored.ids)}
    with st.grid(4, min_column_width=170):
        for post in found.values():
            with st.container(border=True, height="stretch", gap="xsmall"):
                if post.id in row_of:
                    show(verdict(scored, row_of[post.id]))
                show_post(post, author=authors.get(post.user or ""), lines=5)
                st.space("stretch")
                show_explain(post.id, f"why_{key}_{post.id}")


def show_explain(id_: str, key: str, icon: str | None = ":material/psychology_alt:") -> None:
    """Show a button that opens a post in the view of single posts."""
    st.button("Explain", key=key, type="tertiary", icon=icon, on_click=_open_post, args=(id_,))


def verdict(scored: ScoredPredictions, i: int) -> str:
    """Label, prediction and confidence of a post in a line, as HTML."""
    label, predicted = scored.classes[scored.truth[i]], scored.classes[scored.predicted[i]]
    sign = "✓" if scored.correct[i] else "✗"
    mistake = "" if scored.correct[i] else f" predicted <b>{esc(predicted)}</b>,"
    return (
        f'<div class="k-meta">{sign} labelled <b>{esc(label)}</b>,{mistake} '
        f"{scored.confidence[i]:.0%} confident</div>"
    )


def _open_post(id_: str) -> None:
    url_state.put({"view": "why", "post": id_, "sel": None, "cell": None, "offset": None})


def show_selected_posts(state: ErrorPageState) -> None:
    """Show the posts behind the figure that was clicked, if any."""
    address = url_state.get("sel")
    last = st.session_state.get(_LAST)
    st.session_state[_LAST] = address
    if not address:
        return
    st.divider()
    try:
        selection = selected_posts(state, address)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        st.button("Clear", icon=":material/close:", on_click=_clear, key="errors_clear")
        return
    total = len(state.ground_truth)
    scored = state.predictions(model_of(state, address))
    whole, selection = selection, within(scored, selection, url_state.get("cell"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(selection.origin), anchor=False, width="content")
        st.space("stretch")
        _show_actions(selection)
        st.button(
            "Clear", icon=":material/close:", type="tertiary", key="errors_clear", on_click=_clear
        )
    st.caption(f"**{len(selection):,}** of {total:,} labelled posts")
    if last is not None and last != address:  # the posts may be below the visible part of the page
        st.toast(f"{len(selection):,} posts shown below", icon=":material/select_all:")
    if address.startswith("drop:") and state.ground_truth.shipped:
        st.caption(
            "Before and after come from the model as shipped; the cards show held-out predictions."
        )
    else:
        _show_mistakes(scored, whole)
    if not len(selection):
        return
    start = page_start(len(selection))
    show_posts(scored, selection.ids[start : start + PAGE], key="behind")
    show_pager(start, PAGE, len(selection), caption=True)


def within(scored: ScoredPredictions, selection: Selection, cell: str) -> Selection:
    """The posts of a selection in a cell of the matrix, ``LABEL|PREDICTED``; all without one."""
    label, _, predicted = cell.partition("|")
    if label not in scored.classes or predicted not in scored.classes:
        return selection
    row, column = scored.classes.index(label), scored.classes.index(predicted)
    in_cell = set(scored.ids[(scored.truth == row) & (scored.predicted == column)])
    ids = tuple(id_ for id_ in selection.ids if id_ in in_cell)
    origin = f"{selection.origin}: {label} predicted as {predicted}"
    return replace(selection, ids=ids, origin=origin)


def _show_mistakes(scored: ScoredPredictions, selection: Selection) -> None:
    """Buttons for the most frequent mistakes among the posts behind a figure."""
    wrong = np.isin(scored.ids, selection.ids) & ~scored.correct
    mistakes = Counter(zip(scored.truth[wrong], scored.predicted[wrong], strict=True))
    frequent = mistakes.most_common(MISTAKES)
    cell = url_state.get("cell")
    if len(frequent) < 2 and not cell:
        return
    with st.container(horizontal=True, gap="xsmall"):
        for (label, predicted), n in frequent:
            name = f"{scored.classes[label]}|{scored.classes[predicted]}"
            st.button(
                plain(f"{n:,} {scored.classes[label]} predicted as {scored.classes[predicted]}"),
                key=f"errors_within_{name}",
                type="primary" if name == cell else "secondary",
                on_click=_put_cell,
                args=(None if name == cell else name,),
            )


def _put_cell(cell: str | None) -> None:
    url_state.put({"cell": cell, "offset": None})


def _show_actions(selection: Selection) -> None:
    if not len(selection):
        return
    with st.popover("Save or export", icon=":material/bookmark_add:"):
        with st.form("errors_save", border=False):
            name = st.text_input("Name", max_chars=60)
            if st.form_submit_button("Save", type="primary"):
                _save(selection, name)
        st.caption("Saved selections open on the map of posts, where they can be compared.")
        write = partial(workspace().selections.export, selection)
        show_downloads(write, "kindred-errors", ("csv", "json"), key="errors_export")


def _save(selection: Selection, name: str) -> None:
    if not name.strip():
        st.error("Enter a name.", icon=":material/error:")
        return
    try:
        named = workspace().selections.save(selection, name)
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    st.success(f"Saved as “{plain(named.name)}”.", icon=":material/bookmark_added:")
    link = {"sel": f"saved:{named.name}"} | ({"corpus": str(corpus())} if corpus() else {})
    st.page_link("views/posts.py", label="Open on the map", query_params=link)


def _clear() -> None:
    st.session_state[CLEARED] = st.session_state.get(CLEARED, 0) + 1
    put_selection(None)
