"""The queue of the page Label: one post at a time, a key for each value."""

from __future__ import annotations

import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.common.palette import counted, percent
from app.components.shared.post_card import show_post
from app.data import url_state
from app.data.selection import chosen
from app.data.session import author_of, corpus, posts, workspace
from backend.domain import Kind, KindredError, Selection
from backend.workspace.labelling import Asked

KEYS = "123456789"
_SKIPPED, _GIVEN = "label_skipped", "label_given"


def show_queue(name: str, values: list[str]) -> None:
    """Show the most useful post to label next, with a button and a key for each value."""
    within = _within()
    skipped = st.session_state.get(_SKIPPED, {}).get((corpus(), name), [])
    try:
        asked = workspace().labelling.ask(name, within, skipped, corpus())
    except KindredError as error:
        st.info(with_commands(error.message), icon=":material/label_off:")
        return
    if within is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Only {plain(within.name or within.origin)}", width="content")
            st.button(
                "Ask for all posts", type="tertiary", icon=":material/close:",
                on_click=url_state.put, args=({"sel": None},),
            )  # fmt: skip
    if asked is None:
        st.success("No post is left without a value here.", icon=":material/done_all:")
    else:
        _show_asked(name, values, asked)
    _show_undo(name)


def _show_asked(name: str, values: list[str], asked: Asked) -> None:
    post = posts([asked.id]).get(asked.id)
    if post is None:
        _skip(name, asked.id)
        st.rerun()
    with st.container(border=True, key="asked_post"):
        show_post(post, author=author_of(post), lines=14)
    if not values:
        st.caption("Enter two values under “Add a value”, then choose one for each post.")
    with st.container(horizontal=True, gap="small"):
        for i, value in enumerate(values):
            st.button(
                plain(value),
                key=f"give_{i}_{value}",
                shortcut=KEYS[i] if i < len(KEYS) else None,
                type="primary",
                on_click=url_state.attempt,
                args=(_give, name, asked.id, value),
            )
        st.button(
            "Skip", key="label_skip", shortcut="S", icon=":material/skip_next:",
            on_click=_skip, args=(name, asked.id),
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counted(asked.left, Kind.POST)} without a value", width="content")
        if asked.chances and st.toggle("Show the guess", key="label_guess"):
            ranked = sorted(asked.chances.items(), key=lambda pair: -pair[1])[:4]
            guess = ", ".join(f"{esc(v)} {esc(percent(p))}" for v, p in ranked)
            show(f'<span class="k-meta">The model so far: {guess}</span>')


def _show_undo(name: str) -> None:
    given = [i for label, i in st.session_state.get(_GIVEN, []) if label == (corpus(), name)]
    if given:
        st.button(
            "Undo the last one", key="label_undo", shortcut="U", type="tertiary",
            icon=":material/undo:", on_click=url_state.attempt, args=(_undo, name),
        )  # fmt: skip
    url_state.show_problem()


def _within() -> Selection | None:
    try:
        return chosen(Kind.POST)
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        return None


def _give(name: str, id_: str, value: str) -> None:
    workspace().labelling.give(name, [id_], value, corpus())
    st.session_state.setdefault(_GIVEN, []).append(((corpus(), name), id_))


def _skip(name: str, id_: str) -> None:
    skipped = st.session_state.setdefault(_SKIPPED, {})
    skipped.setdefault((corpus(), name), []).append(id_)


def _undo(name: str) -> None:
    given: list[tuple[tuple[str | None, str], str]] = st.session_state[_GIVEN]
    last = next(i for i in range(len(given) - 1, -1, -1) if given[i][0] == (corpus(), name))
    _, id_ = given.pop(last)
    workspace().labelling.give(name, [id_], "", corpus())
