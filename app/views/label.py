"""Label: give values to posts. The page asks for the most useful post, and a model learns."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain, with_commands
from app.components.label.progress import show_progress
from app.components.label.queue import show_queue
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state
from app.data.session import corpus, workspace
from backend.domain import KindredError
from backend.labelling.store import checked_name

_NEW = "label_new_value"

st.set_page_config(page_title="Label · Kindred")
url_state.enter("label")


def _add_value(name: str, key: str) -> None:
    try:
        value = checked_name(st.session_state[key], "value")
    except KindredError as error:
        url_state.problem(error)
        return
    added = st.session_state.setdefault("label_values", {}).setdefault((corpus(), name), [])
    if value not in added:
        added.append(value)
    st.session_state[key] = ""


st.title("Label", anchor=False)
st.caption(
    "Give posts a label of your own. The queue asks for posts that the model is unsure of and that "
    "are unlike those you have labelled; it learns with each answer. To label many at once, select "
    "them on a map."
)
names = workspace().labelling.names(corpus())
url_state.follow("label_name", "label")
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.text_input(
        "Label",
        key="label_name",
        placeholder="stance, topic, off-topic …",
        max_chars=60,
        on_change=url_state.put_widget,
        args=("label_name", "label"),
        width=260,
    )
    for known in names[:6]:
        st.button(
            plain(known), key=f"label_open_{known}", type="tertiary", icon=":material/label:",
            on_click=url_state.put, args=({"label": known},),
        )  # fmt: skip
    show_corpora()
try:
    name = checked_name(st.session_state["label_name"]) if st.session_state["label_name"] else ""
except KindredError as error:
    st.error(with_commands(error.message), icon=":material/error:")
    name = ""
if not name:
    st.info("Name a label to start, for example “stance”.", icon=":material/label:")
else:
    given = list(workspace().labelling.counts(name, corpus()))
    added = st.session_state.get("label_values", {}).get((corpus(), name), [])
    values = sorted({*given, *added})
    left, right = st.columns([7, 5], gap="large")
    # From the second value on, each leaves a new field behind, which has not the focus: the keys
    # of the values would be typed into it.
    field = _NEW if len(values) < 2 else f"{_NEW}_{len(values)}"
    with right:
        st.text_input(
            "Add a value", key=field, max_chars=60, on_change=_add_value, args=(name, field),
            placeholder="for, against, none …",
        )  # fmt: skip
    with left:
        show_queue(name, values)
    with right:
        show_progress(name)

url_state.leave("label")
