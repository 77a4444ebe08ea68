"""Analyse a post: its emotion and sentiment, why, and similar posts."""

from __future__ import annotations

import streamlit as st

from app.common.markup import with_commands
from app.components.analyse.input_form import show_examples, show_input
from app.components.analyse.result import show_actions, show_nearest, show_result, show_why
from app.components.train.classifier_prediction import show_answer
from app.data import url_state
from app.data.analysed import Analysed
from app.data.session import analyse, content, irony, overview, readings, workspace
from backend.domain import KindredError

st.set_page_config(page_title="Analyse a post · Kindred")
url_state.enter("analyse")
workspace().warm()

st.title("Analyse a post", anchor=False)
left, right = st.columns([5, 7], gap="large")
with left:
    text, image, audio = show_input()

post = None
try:
    post = content(text, image, audio)
    if post:
        doing = "Analysing your post …" if workspace().ready else "Loading the models …"
        with right, st.spinner(doing):
            inputs = (post.text, image or None, audio or None, overview().bundle)
            prediction, read = analyse(*inputs), readings(*inputs)
except KindredError as error:
    right.error(with_commands(error.message), icon=":material/error:")
    post = None

if post is None:
    with right:
        show_examples(empty=True)
else:
    analysed = Analysed(post, image, audio, prediction, read)
    with right:
        show_result(analysed, irony(post.text, overview().bundle))
        show_answer(post, text, image, audio)
        show_actions(post, text, image, audio, prediction)
    show_why(analysed)
    show_nearest(post)

url_state.leave("analyse")
