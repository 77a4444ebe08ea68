"""A single post: its predictions, what they rest on, similar posts, and edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import esc, plain, show, signed, with_commands
from app.common.palette import subset_title
from app.components.analyse.explanations import nothing_stands_out, show_part
from app.components.errors.posts import show_explain, verdict
from app.components.shared.post_card import show_post
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import author_of, corpus, posts, workspace
from backend.domain import EMOTIONS, Content, Explanation, KindredError, Post
from backend.error_analysis import ScoredPredictions, display_name
from backend.error_analysis.explain_post import PostExplanation
from backend.media import read_untrusted

CLASSES = 6  # columns of a table of probabilities
LONG = 80  # words; a longer text is explained on demand
APART = 0.3  # distance of predictions from which two modalities disagree


def show_why(state: ErrorPageState) -> None:
    """Show one post with its predictions and explanations; by default the hardest post."""
    scored = state.predictions()
    id_ = _chosen_id(state, scored)
    if id_ is None:
        return
    post = posts([id_])[id_]
    row = next(iter(np.flatnonzero(scored.ids == id_)), None)
    one, two = st.columns([2, 5], gap="large")
    with one:
        if row is not None:
            show(verdict(scored, int(row)))
        show_post(post, author=author_of(post), lines=12)
        st.caption(plain(id_))
    with two:
        slot = st.container()
        with slot.skeleton(height=240):
            try:
                explanation = errors().explain_post(id_, state.label, state.models, corpus())
                content = errors().content(id_, corpus())
            except KindredError as error:
                slot.error(with_commands(error.message), icon=":material/error:")
                return
        with slot:
            _show_predictions(state, explanation)
    if state.models[0] == workspace().bundle.name:
        label = explanation.label
        predicted = label if row is None else scored.classes[scored.predicted[row]]
        _show_reasons(content, id_, state, label, predicted)
    _show_similar(explanation)
    show_what_if(state, post, content)


def _chosen_id(state: ErrorPageState, scored: ScoredPredictions) -> str | None:
    """The post of the address, else the hardest one; None when every prediction is correct."""
    id_ = url_state.get("post")
    if id_ and id_ in set(state.ground_truth.ids):
        return id_
    hardest = errors().hardest(scored).ids
    if not hardest:
        name = plain(display_name(scored.model))
        st.info(f"All predictions of {name} are correct.", icon=":material/check:")
        return None
    st.caption("This is the hardest post. To see another post here, click “Explain” on it.")
    return hardest[0]


def _show_predictions(state: ErrorPageState, explanation: PostExplanation) -> None:
    st.subheader("Predictions from each subset of modalities", anchor=False)
    _show_subsets(state, explanation.subsets, explanation.label)
    if state.ground_truth.shipped:
        st.caption(
            "These predictions come from the models as shipped, which may have been trained on "
            "this post. The card shows a held-out prediction."
        )
    for pair, distance in explanation.disagreement.items():
        if distance >= APART:
            show(
                f'<div class="k-flag">{esc(pair.capitalize())} disagree: their predictions '
                f"differ by <b>{distance:.0%}</b>.</div>"
            )


def _show_similar(explanation: PostExplanation) -> None:
    st.subheader("Most similar labelled posts", anchor=False)
    if not explanation.similar:
        st.caption("This post has no vector in the joint space.")
        return
    found = posts([similar.id for similar in explanation.similar])
    with st.grid(4, min_column_width=170):
        for similar in explanation.similar:
            if similar.id not in found:
                continue
            with st.container(border=True, height="stretch", gap="xsmall"):
                same = "same" if similar.label == explanation.label else "different"
                show(
                    f'<div class="k-meta"><b>{esc(similar.label)}</b>, {same} label, '
                    f"similarity {signed(similar.similarity)}</div>"
                )
                show_post(found[similar.id], lines=3)
                st.space("stretch")
                show_explain(similar.id, f"why_similar_{similar.id}", icon=None)


def _show_subsets(
    state: ErrorPageState, by_model: Mapping[str, Mapping[str, np.ndarray]], label: str
) -> None:
    classes = list(state.ground_truth.classes)
    rows = [
        {
            "model": display_name(model),
            "predicted from": subset_title(name),
            **dict(zip(classes, row, strict=True)),
        }
        for model, subsets in by_model.items()
        for name, row in subsets.items()
    ]
    if not rows:
        st.caption("None of the chosen models can read this post.")
        return
    frame = pd.DataFrame(rows)
    strongest = frame[classes].max().sort_values(ascending=False).index[:CLASSES]
    shown = [c for c in classes if c in set(strongest) | {label}]
    config = {c: _probability_column(f"{c} (label)" if c == label else c) for c in shown}
    st.dataframe(
        frame[["model", "predicted from", *shown]],
        hide_index=True,
        column_config=config,
        alt="Probability of each class from every subset of the post's modalities, by model",
    )


def _probability_column(title: str | None = None) -> Any:
    column = st.column_config.ProgressColumn
    return column(title, format="percent", min_value=0.0, max_value=1.0)


@st.fragment
def _show_reasons(
    content: Content, id_: str, state: ErrorPageState, label: str, predicted: str
) -> None:
    st.subheader("What the prediction rests on", anchor=False)
    poles = [name for name in state.ground_truth.classes if name in ("positive", "negative")]
    options = poles or list(EMOTIONS)
    default = next((name for name in (predicted, label) if name in options), options[0])
    target = st.segmented_control(
        "Evidence for", options, default=default, key=f"errors_target_{id_}", required=True
    )
    if len((content.text or "").split()) > LONG and not st.toggle(
        "Explain this long text (takes a while)"
    ):
        return
    slot = st.container()
    with slot.skeleton(height=160):
        explanation = _explained(content, id_, str(target), workspace().bundle.name, corpus())
    parts = [m for m in content.modalities if explanation.spans.get(m)]
    if not parts:
        slot.caption("No explanation is available for this post.")
        return
    for modality, column in zip(parts, slot.columns(len(parts), gap="large"), strict=True):
        with column:
            show_part(content, modality, explanation, errors().posts(corpus()).of(content))
    if sentence := nothing_stands_out(explanation):
        slot.caption(sentence)


@st.cache_data(max_entries=100, show_spinner=False)
def _explained(
    _content: Content, id_: str, target: str, bundle: str, corpus: str | None
) -> Explanation:
    return errors().explain(_content, target, corpus)


def show_what_if(state: ErrorPageState, post: Post, content: Content) -> None:
    """Offer a form to edit the post, and show how the predictions change."""
    st.subheader("What if the post were different?", anchor=False)
    st.caption("Edit the text, replace the image or remove the sound, and predict again.")
    with st.form(f"what_if_{post.id}", border=True):
        text = st.text_area("Text", value=content.text or "", height=90)
        columns = st.columns(2)
        with columns[0]:
            upload = st.file_uploader(
                "Replace the image", type=["png", "jpg", "jpeg", "webp", "gif"]
            )
            drop = st.checkbox("Remove the image") if content.image else False
        with columns[1]:
            other = st.text_input("Or use the image of another post", placeholder="post id")
            mute = st.checkbox("Remove the sound") if content.audio else False
        submitted = st.form_submit_button("Predict", type="primary", icon=":material/play_arrow:")
    if not submitted:
        return
    try:
        image = None if drop else content.image
        if upload is not None:
            image, _ = read_untrusted(upload.getvalue())  # not stored: only this run needs it
        elif other.strip():
            image = errors().content(other.strip(), corpus()).image
        edited = Content(text.strip() or None, image, None if mute else content.audio)
        if not edited.modalities:
            st.warning(
                "The edited post is empty. Enter a text or keep a file.", icon=":material/warning:"
            )
            return
        predictions = errors().what_if([content, edited], state.label, state.models, corpus())
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    _show_changes(state.ground_truth.classes, predictions)


def _show_changes(classes: Sequence[str], predictions: Mapping[str, np.ndarray]) -> None:
    rows = [
        {
            "model": display_name(model),
            "class": name,
            "before": float(before[i]),
            "after": float(after[i]),
            "change": float(after[i] - before[i]),
        }
        for model, (before, after) in predictions.items()
        for i, name in enumerate(classes)
        if max(np.nan_to_num(before[i]), np.nan_to_num(after[i])) >= 0.02
    ]
    config = {"before": _probability_column(), "after": _probability_column()}
    config["change"] = st.column_config.NumberColumn(format="%+.2f")
    alt = "Predictions before and after the edit"
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=config, alt=alt)
    for model, (before, after) in predictions.items():
        if np.isfinite(before).all() and np.isfinite(after).all():
            one, two = classes[int(before.argmax())], classes[int(after.argmax())]
            change = f"still predicts {one}" if one == two else f"changes from {one} to {two}"
            st.caption(f"**{plain(display_name(model))}** {plain(change)}.")
