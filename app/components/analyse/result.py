"""What Analyse answers: the prediction, why, and what is near."""

from __future__ import annotations

import json

import streamlit as st

from app.common.markup import plain, show, with_commands
from app.components.analyse.affect import (
    disagreement,
    legend,
    missing,
    show_headline,
    show_sentiment,
    show_subsets,
)
from app.components.analyse.emotion_wheel import wheel
from app.components.analyse.explanations import (
    show_concepts,
    show_regions,
    show_seconds,
    show_words,
    whole_words,
)
from app.components.shared.hits import show_grid, words_markup
from app.data import url_state
from app.data.session import OWN, add, corpus, explain, workspace
from backend.domain import EMOTIONS, Content, Kind, KindredError, Modality, Prediction
from backend.search.query import Query, Term
from backend.settings import settings


def show_result(prediction: Prediction) -> None:
    """Show headline, wheel, sentiment and every subset."""
    affect = prediction.affect
    show_headline(affect)
    one, two = st.columns([6, 5], vertical_alignment="center")
    with one:
        wheel(affect.emotion)
    with two:
        show_sentiment(affect, workspace().affect.neutral_band(prediction.modalities))
    st.subheader("Every subset of what you gave", anchor=False)
    sentence = disagreement(prediction)
    if sentence:
        show(f'<div class="k-flag"><b>{sentence}</b>: mixed feelings, or irony?</div>')
    show_subsets(prediction)
    show(legend())
    more = missing(prediction.modalities)
    if more:
        st.caption(f"Add {more} to see which of them drives the result and where they disagree.")


@st.fragment(parallel=True)
def _asked(widget: str, first: str) -> None:
    target = st.session_state[widget]
    url_state.put({"why": None if target == first else target}, own=True)


def show_why(given: Content, image: str, sound: str, prediction: Prediction) -> None:
    """Explain an emotion or the sentiment.

    Runs beside the rest of the page, which does not wait for it, and alone when
    another target is asked for.
    """
    st.header("Why", anchor=False)
    affect = prediction.affect
    best = max(EMOTIONS, key=lambda e: affect.emotion[e])
    labels = [s for s in ("positive", "negative") if s != affect.sentiment.label]
    labels.insert(0, affect.sentiment.label)
    options = [*sorted(EMOTIONS, key=lambda e: -affect.emotion[e]), *labels]
    # Another post begins with its own strongest, not with what was asked of the last one.
    key = hash((given.text, image, sound))
    widget = f"analyse_target_{key}"
    first = best if affect.top != "neutral" else affect.sentiment.label
    url_state.follow(widget, "why", first)
    if st.session_state[widget] not in options:
        st.session_state[widget] = first
    target: str = st.pills(  # type: ignore[assignment]  # one is required
        "What speaks for",
        options,
        key=widget,
        on_change=_asked,
        args=(widget, first),
        required=True,
    )
    slot = st.container()
    with slot.skeleton(height=220):
        try:
            explanation = explain(given, given.text, image, sound, target, prediction.bundle)
        except KindredError as error:
            slot.error(with_commands(error.message), icon=":material/error:")
            return
    target = explanation.target
    parts = [m for m in given.modalities if explanation.spans.get(m)]
    if not parts:
        slot.caption("Nothing in this post can be picked out as a reason.")
        return
    columns = dict(zip(parts, slot.columns(len(parts), gap="large"), strict=True))
    for modality, column in columns.items():
        spans = explanation.spans[modality]
        with column:
            if modality is Modality.TEXT and given.text:
                show('<div class="k-label">Words</div>')
                if len(given.text) > (most := settings().limits.explained_characters):
                    st.caption(f"Of a text this long the first {most:,} characters are read.")
                show_words(given.text, spans, target)
            elif modality is Modality.IMAGE and given.image:
                show('<div class="k-label">Regions</div>')
                show_regions(given.image, spans, target)
                show_concepts("Looks like", explanation.looks_like)
            elif given.audio:
                show('<div class="k-label">Seconds</div>')
                show_seconds(given.audio, spans, target)
                show_concepts("Sounds like", explanation.sounds_like)
            if said := whole_words(prediction, modality, spans, target):
                st.caption(said)


def as_json(prediction: Prediction, text: str | None, image: str, sound: str) -> str:
    """Write a prediction in the form of the command line's output, with its inputs."""

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


def _add(given: Content) -> None:
    try:
        post = add(given)
    except KindredError as error:
        st.session_state["analyse_added"] = ("error", error.message)
    else:
        st.session_state["analyse_added"] = ("ok", post.id)


def show_actions(given: Content, text: str, image: str, sound: str, made: Prediction) -> None:
    """Offer to search, keep and download."""
    with st.container(horizontal=True):
        if st.button("Search with it", icon=":material/search:"):
            query = query_for(given, image, sound)
            st.switch_page("views/search.py", query_params={"q": query})
        st.button(
            "Add to corpus",
            icon=":material/library_add:",
            on_click=_add,
            args=(given,),
            help="Keeps the post in your own corpus on this machine and makes it searchable.",
        )
        st.download_button(
            "JSON",
            as_json(made, text, image, sound),
            "kindred-analysis.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    kind, message = st.session_state.pop("analyse_added", (None, ""))
    if kind == "ok":
        st.success(f"Added as post {plain(message)} to your corpus.", icon=":material/check:")
        st.page_link(
            "views/search.py",
            label="More like it in your corpus",
            icon=":material/search:",
            query_params={"q": str(Query((Term(Kind.POST, message),))), "corpus": OWN},
        )
    elif kind == "error":
        st.error(plain(message), icon=":material/error:")


def query_for(given: Content, image: str, sound: str) -> str:
    """Write the post as a search query."""
    terms = []
    if given.text:
        terms.append(Term(Kind.TEXT, " ".join(given.text.split())[:300]))
    if image:
        terms.append(Term(Kind.IMAGE, image))
    if sound:
        terms.append(Term(Kind.AUDIO, sound))
    return str(Query(tuple(terms)))


def show_nearest(given: Content) -> None:
    """Show the nearest posts, users and words."""
    st.header("Nearest in the corpus", anchor=False)
    slot = st.container()
    with slot.skeleton(height=260):
        try:
            near = workspace().nearest(given, 6, corpus())
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
