"""Posts with their label and what a model made of it; and the selection behind a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.components.errors.tables import CLEARED, put_selection
from app.components.shared.pager import page_start, show_pager
from app.components.shared.post_card import show_post
from app.data import url_state
from app.data.error_analysis import ErrorPageState, behind, model_of
from app.data.session import corpus, posts, users, workspace
from backend.domain import KindredError, Selection
from backend.error_analysis import ScoredPredictions

PAGE = 12
_LAST = "errors_last_selection"
MISTAKES = 4  # kinds of them that are named
FORMS = {"csv": "text/csv", "json": "application/json"}


def show_posts(judged: ScoredPredictions, ids: Sequence[str], key: str) -> None:
    """Show posts as cards with label, guess and a way to see why.

    Parameters
    ----------
    judged : ScoredPredictions
    ids : sequence of str
    key : str
    """
    found = posts(list(ids))
    authors = users(sorted({p.user for p in found.values() if p.user}))
    place = {id_: i for i, id_ in enumerate(judged.ids)}
    with st.grid(4, min_column_width=170):
        for post in found.values():
            with st.container(border=True, height="stretch", gap="xsmall"):
                if post.id in place:
                    show(verdict(judged, place[post.id]))
                show_post(post, author=authors.get(post.user or ""), lines=5)
                st.space("stretch")
                st.button(
                    "Why",
                    key=f"why_{key}_{post.id}",
                    type="tertiary",
                    icon=":material/psychology_alt:",
                    on_click=open_post,
                    args=(post.id,),
                )


def verdict(judged: ScoredPredictions, i: int) -> str:
    """A line with the label, what was given and how sure, as markup."""
    label, given = judged.classes[judged.truth[i]], judged.classes[judged.guess[i]]
    sign = "✓" if judged.right[i] else "✗"
    said = "" if judged.right[i] else f" <b>{esc(given)}</b> given,"
    return (
        f'<div class="k-meta">{sign} labelled <b>{esc(label)}</b>,{said} '
        f"{judged.confidence[i]:.0%} sure</div>"
    )


def open_post(id_: str) -> None:
    """Look into one post."""
    url_state.put({"view": "why", "post": id_, "sel": None, "cell": None, "offset": None})


def show_behind(of: ErrorPageState) -> None:
    """Show the posts behind the figure that was clicked, if any."""
    address = url_state.get("sel")
    last = st.session_state.get(_LAST)
    st.session_state[_LAST] = address
    if not address:
        return
    st.divider()
    try:
        selection = behind(of, address)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        st.button("Clear", icon=":material/close:", on_click=_clear, key="errors_clear")
        return
    total = len(of.labelled)
    judged = of.judged(model_of(of, address))
    everything, selection = selection, within(judged, selection, url_state.get("cell"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(selection.origin), anchor=False, width="content")
        st.space("stretch")
        _show_actions(selection)
        st.button(
            "Clear", icon=":material/close:", type="tertiary", key="errors_clear", on_click=_clear
        )
    st.caption(f"**{len(selection):,}** of {total:,} labelled posts")
    if last is not None and last != address:  # they may lie beyond what is seen
        st.toast(f"{len(selection):,} posts opened", icon=":material/select_all:")
    if address.startswith("drop:") and of.labelled.shipped:
        st.caption(
            "Before and after are by the model as it is; the verdicts on the cards are by heads "
            "that have not learnt from the post."
        )
    else:
        _show_mistakes(judged, everything)
    if not len(selection):
        return
    start = page_start(len(selection))
    show_posts(judged, selection.ids[start : start + PAGE], key="behind")
    show_pager(start, PAGE, len(selection), told=True)


def within(judged: ScoredPredictions, selection: Selection, cell: str) -> Selection:
    """Those of a selection that lie in a cell of the matrix, ``LABEL|GIVEN``; all without one."""
    label, _, given = cell.partition("|")
    if label not in judged.classes or given not in judged.classes:
        return selection
    mine = (judged.truth == judged.classes.index(label)) & (
        judged.guess == judged.classes.index(given)
    )
    there = set(judged.ids[mine])
    ids = tuple(id_ for id_ in selection.ids if id_ in there)
    return replace(selection, ids=ids, origin=f"{selection.origin}: {label} given as {given}")


def _show_mistakes(judged: ScoredPredictions, selection: Selection) -> None:
    """How the wrong ones among the posts behind a figure are wrong, the most frequent first."""
    mine = np.isin(judged.ids, selection.ids) & ~judged.right
    kinds = Counter(zip(judged.truth[mine], judged.guess[mine], strict=True)).most_common(MISTAKES)
    cell = url_state.get("cell")
    if len(kinds) < 2 and not cell:
        return
    with st.container(horizontal=True, gap="xsmall"):
        for (label, given), n in kinds:
            name = f"{judged.classes[label]}|{judged.classes[given]}"
            st.button(
                plain(f"{n:,} {judged.classes[label]} given as {judged.classes[given]}"),
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
    with st.popover("Keep", icon=":material/bookmark_add:"):
        with st.form("errors_save", border=False):
            name = st.text_input("Name", max_chars=60)
            if st.form_submit_button("Save", type="primary"):
                _save(selection, name)
        st.caption("A saved selection opens on the map of posts, and can be compared there.")
        for form, mime in FORMS.items():
            st.download_button(
                form.upper(),
                partial(_file, selection, form),
                f"kindred-errors.{form}",
                mime,
                on_click="ignore",
                width="stretch",
                key=f"errors_export_{form}",
            )


def _save(selection: Selection, name: str) -> None:
    if not name.strip():
        st.error("Give it a name.", icon=":material/error:")
        return
    try:
        named = workspace().selections.save(selection, name)
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    st.success(f"Saved as “{plain(named.name)}”.", icon=":material/bookmark_added:")
    link = {"sel": f"saved:{named.name}"} | ({"corpus": str(corpus())} if corpus() else {})
    st.page_link("views/posts.py", label="Open on the map", query_params=link)


def _file(selection: Selection, form: str) -> bytes:
    return workspace().selections.export(selection, form)


def _clear() -> None:
    st.session_state[CLEARED] = st.session_state.get(CLEARED, 0) + 1
    put_selection(None)
