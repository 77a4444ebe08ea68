"""Buttons that add a term to a query: words, an image, a sound, a user or a post."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.common.palette import MODALITY_NAMES, counted
from app.components.analyse.input_form import PICTURES, SOUNDS
from app.data import url_state
from app.data.session import corpus, workspace
from app.sign_in import visitor
from backend.domain import Kind, KindredError, Modality
from backend.search.query import Query, Term

LINE = "search_line"


def put_query(query: str) -> None:
    """Make a query the page's query."""
    url_state.put({"q": query, "k": None})


def _append(query: str, term: str) -> None:
    put_query(f"{query} + {term}" if query.strip() else term)


def _uploaded(query: str, widget: str, modality: Modality) -> None:
    file = st.session_state.get(widget)
    if file is None:
        return
    st.session_state["search_round"] = st.session_state.get("search_round", 0) + 1
    # Close the popovers: they would cover the results.
    st.session_state["add_image"] = st.session_state["add_sound"] = False
    try:
        upload = workspace().read_upload(file.getvalue(), file.name, owner=visitor())
    except KindredError as error:
        url_state.problem(error)
        return
    if getattr(upload, modality.value) is None:
        name = MODALITY_NAMES[modality].lower()
        url_state.problem(KindredError("no_part", f"This file contains no {name}."))
        return
    _append(query, f"{modality.value}:{upload.key}")


def _quoted(query: str, widget: str) -> None:
    words = " ".join(st.session_state[widget].replace('"', " ").split())
    if words:
        st.session_state[widget] = ""
        _append(query, f'"{words}"')


def _by_id(query: str, widget: str) -> None:
    post = st.session_state[widget].strip().removeprefix("post:")
    if post:
        st.session_state[widget] = ""
        _append(query, f"post:{post}")


def show_adder(query: str) -> None:
    """Show the buttons that add a term of each kind to a query."""
    turn = st.session_state.get("search_round", 0)
    with st.popover("Words", icon=":material/add:", key="add_words", type="tertiary"):
        st.text_input(
            "Words to add",
            key="add_text",
            placeholder="a quiet street at night",
            on_change=_quoted,
            args=(query, "add_text"),
        )
        st.caption("Any language. Press Enter to add them.")
    with st.popover(
        "Image", icon=":material/add:", key="add_image", type="tertiary", on_change="rerun"
    ):
        widget = f"add_image_{turn}"
        st.file_uploader(
            "Image, GIF or video", type=PICTURES, key=widget,
            on_change=_uploaded, args=(query, widget, Modality.IMAGE),
        )  # fmt: skip
    with st.popover(
        "Sound", icon=":material/add:", key="add_sound", type="tertiary", on_change="rerun"
    ):
        widget = f"add_sound_{turn}"
        st.file_uploader(
            "Sound", type=SOUNDS, key=widget,
            on_change=_uploaded, args=(query, widget, Modality.AUDIO),
        )  # fmt: skip
        record = f"add_record_{turn}"
        st.audio_input(
            "Or record one", key=record,
            on_change=_uploaded, args=(query, record, Modality.AUDIO),
        )  # fmt: skip
    with st.popover("User", icon=":material/add:", key="add_user", type="tertiary"):
        name = st.text_input("Find a user", type="search", live="300ms", key="add_user_name")
        for user in workspace().find_users(name, 8, corpus()):
            st.button(
                f"{plain(user.name)} · {counted(user.posts, Kind.POST)}",
                key=f"add_user_{user.id}",
                type="tertiary",
                on_click=_append,
                args=(query, str(Query((Term(Kind.USER, user.id),)))),
            )
    with st.popover("Post", icon=":material/add:", key="add_post", type="tertiary"):
        st.text_input(
            "Id of a post", key="add_post_id", placeholder="as in an exported file",
            on_change=_by_id, args=(query, "add_post_id"),
        )  # fmt: skip
        st.caption("Or choose “More like this” on any result.")
