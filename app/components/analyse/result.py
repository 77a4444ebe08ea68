"""The result of Analyse a post: the prediction, its explanation, similar posts."""

from __future__ import annotations

import json

import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.common.palette import percent
from app.components.analyse.affect import (
    disagreement,
    first_target,
    legend,
    missing_modalities,
    show_headline,
    show_sentiment,
    show_subsets,
)
from app.components.analyse.emotion_wheel import wheel
from app.components.analyse.explanations import modality_effect, nothing_stands_out, show_part
from app.components.analyse.readings import show_readings
from app.components.analyse.timeline.over_time import show_over_time
from app.components.shared.hits import show_grid, words_markup
from app.data import url_state
from app.data.analysed import Analysed
from app.data.session import corpus, workspace
from backend.domain import EMOTIONS, Content, Kind, KindredError, Modality, Prediction
from backend.search.query import Query, Term
from backend.settings import settings

OWN = "mine"  # the corpus that "Add to corpus" writes to
SPAN_NAMES = {Modality.TEXT: "Words", Modality.IMAGE: "Regions", Modality.AUDIO: "Seconds"}


def show_result(analysed: Analysed, irony: tuple[float, float] | None = None) -> None:
    """Show headline, wheel, sentiment, what was read, time lines, and every subset.

    Parameters
    ----------
    analysed : Analysed
    irony : tuple of float, optional
        How positive words and emoji are, where that hints at irony.
    """
    prediction, readings = analysed.prediction, analysed.readings
    affect = prediction.affect
    show_headline(affect)
    if irony:
        words, emoji = (esc(percent(share)) for share in irony)
        show(
            f'<div class="k-flag"><b>Perhaps irony</b>: the words alone are {words} positive, '
            f"the emoji {emoji}.</div>"
        )
    one, two = st.columns([6, 5], vertical_alignment="center")
    with one:
        wheel(affect.emotion)
    with two:
        show_sentiment(affect)
    show_readings(analysed.post, readings)
    show_over_time(analysed)
    st.subheader("Each part alone and together", anchor=False)
    sentence = disagreement(prediction)
    if sentence:
        show(f'<div class="k-flag"><b>{sentence}</b>. Mixed feelings, or one is misread.</div>')
    show_subsets(prediction)
    show(legend())
    more = missing_modalities(prediction.modalities)
    if more:
        st.caption(f"Add {more} to see which part drives the result and where they disagree.")


@st.fragment(parallel=True)
def show_why(analysed: Analysed) -> None:
    """Explain an emotion or the sentiment.

    Runs in parallel to the rest of the page, and alone if another target is chosen.
    """
    st.header("Why", anchor=False)
    post, prediction = analysed.post, analysed.prediction
    affect = prediction.affect
    labels = [s for s in ("positive", "negative") if s != affect.sentiment.label]
    labels.insert(0, affect.sentiment.label)
    options = [*sorted(EMOTIONS, key=lambda e: -affect.emotion[e]), *labels]
    # Another post starts with its own strongest emotion.
    key = hash((post.text, analysed.image, analysed.sound))
    widget = f"analyse_target_{key}"
    first = first_target(affect)
    url_state.follow_choice(widget, "why", first, options)
    target: str = st.pills(  # type: ignore[assignment]  # one is required
        "Explain",
        options,
        key=widget,
        on_change=url_state.put_widget,
        args=(widget, "why", first),
        required=True,
    )
    slot = st.container()
    with slot.skeleton(height=220):
        try:
            explanation = analysed.explain(target)
        except KindredError as error:
            slot.error(with_commands(error.message), icon=":material/error:")
            return
    target = explanation.target
    parts = [m for m in post.modalities if explanation.spans.get(m)]
    if not parts:
        slot.caption("No part of this post can be named as a reason.")
        return
    columns = dict(zip(parts, slot.columns(len(parts), gap="large"), strict=True))
    most = settings().limits.explained_characters
    for modality, column in columns.items():
        with column:
            show(f'<div class="k-label">{SPAN_NAMES[modality]}</div>')
            if modality is Modality.TEXT and len(post.text or "") > most:
                st.caption(f"Only the first {most:,} characters are explained.")
            show_part(post, modality, explanation, analysed.readings)
            pieces = [*explanation.spans[modality], *explanation.words.get(modality, ())]
            if sentence := modality_effect(prediction, modality, pieces, target):
                st.caption(sentence)
    if sentence := nothing_stands_out(explanation):
        slot.caption(sentence)


def as_json(prediction: Prediction, text: str | None, image: str, sound: str) -> str:
    """Write a prediction like the command line does, with its inputs."""

    def one(name: str) -> dict[str, object]:
        affect = prediction.subsets[name]
        return {
            "emotion": {e: round(affect.emotion[e], 4) for e in EMOTIONS},
            "neutral": round(affect.neutral, 4),
            "sentiment": {
                "positive": round(affect.sentiment.positive, 4),
                "label": affect.sentiment.label,
            },
            "confidence": round(affect.confidence, 4),
        }

    whole = "+".join(sorted(m.value for m in prediction.modalities))
    record = {
        "input": {"text": text or None, "image": image or None, "audio": sound or None},
        "modalities": [m.value for m in prediction.modalities],
        **one(whole),
        "subsets": {name: one(name) for name in prediction.subsets},
        "bundle": prediction.bundle,
    }
    return json.dumps(record, ensure_ascii=False, indent=2)


def _add(post: Content) -> None:
    try:
        added = workspace().add_post(post, OWN)
    except KindredError as error:
        st.session_state["analyse_added"] = ("error", error.message)
    else:
        st.session_state["analyse_added"] = ("ok", added.id)


def show_actions(post: Content, text: str, image: str, sound: str, prediction: Prediction) -> None:
    """Offer to search with the post, to add it to a corpus and to download the result."""
    with st.container(horizontal=True):
        if st.button("Search with this post", icon=":material/search:"):
            query = query_for(post, image, sound)
            st.switch_page("views/search.py", query_params={"q": query})
        st.button(
            "Add to corpus",
            icon=":material/library_add:",
            on_click=_add,
            args=(post,),
            help="Add the post to the corpus “mine” on this machine, so that it can be searched.",
        )
        st.download_button(
            "Download JSON",
            as_json(prediction, text, image, sound),
            "kindred-analysis.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    kind, message = st.session_state.pop("analyse_added", (None, ""))
    if kind == "ok":
        st.success(
            f"Added as post {plain(message)} to your corpus “{OWN}”.", icon=":material/check:"
        )
        st.page_link(
            "views/search.py",
            label="Find similar posts in your corpus",
            icon=":material/search:",
            query_params={"q": str(Query((Term(Kind.POST, message),))), "corpus": OWN},
        )
    elif kind == "error":
        st.error(plain(message), icon=":material/error:")


def query_for(post: Content, image: str, sound: str) -> str:
    """Write the post as a search query."""
    terms = []
    if post.text:
        terms.append(Term(Kind.TEXT, " ".join(post.text.split())[:300]))
    if image:
        terms.append(Term(Kind.IMAGE, image))
    if sound:
        terms.append(Term(Kind.AUDIO, sound))
    return str(Query(tuple(terms)))


def show_nearest(post: Content) -> None:
    """Show the most similar posts, users and words."""
    st.header("Most similar in the corpus", anchor=False)
    slot = st.container()
    with slot.skeleton(height=260):
        try:
            near = workspace().nearest(post, 6, corpus())
        except KindredError as error:
            slot.error(with_commands(error.message), icon=":material/error:")
            return
    with slot:
        if near.get(Kind.WORD):
            show(words_markup(near[Kind.WORD]))
        show_grid(near.get(Kind.POST, []), key="near_posts")
        if near.get(Kind.USER):
            st.subheader("Users who post like this", anchor=False)
            show_grid(near[Kind.USER], key="near_users")
