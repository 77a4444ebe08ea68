"""Label all posts of a selection at once."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import counted
from app.components.shared.links import query
from app.data.session import corpus, workspace
from backend.domain import Kind, KindredError, Selection


def show_label_form(selection: Selection, shown: str) -> None:
    """Offer to label the posts of a selection, and to go through them one by one."""
    with st.popover("Label", icon=":material/label:"):
        with st.form(f"label_form_{shown}", border=False):
            known = ", ".join(workspace().labelling.names(corpus())[:4])
            name = st.text_input("Label", key=f"label_all_{shown}", max_chars=60,
                                 placeholder=known or "topic, off-topic …")  # fmt: skip
            value = st.text_input(
                "Value of all these posts", key=f"label_value_{shown}", max_chars=60,
                placeholder="yes", help="Without one, the label is a tag: its value is “yes”.",
            )  # fmt: skip
            if st.form_submit_button("Label all"):
                _label(selection, name, value or "yes")
        if selection.kind is Kind.POST:
            st.page_link(
                "views/label.py",
                label="Label them one by one",
                icon=":material/queue:",
                query_params=query(sel=shown),
            )


def _label(selection: Selection, name: str, value: str) -> None:
    try:
        ids = workspace().selections.posts_of(selection)
        given = workspace().labelling.give(name, ids, value, corpus())
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    sentence = (
        f"{counted(given, Kind.POST)} labelled {plain(' '.join(name.split()))}: {plain(value)}."
    )
    st.toast(sentence, icon=":material/label:")
