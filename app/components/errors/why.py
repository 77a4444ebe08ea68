"""Why a post was judged as it was, and what would change that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.common.palette import subset_title
from app.components.analyse.explanations import (
    show_concepts,
    show_regions,
    show_seconds,
    show_words,
)
from app.components.errors.posts import open_post, verdict
from app.components.shared.post_card import show_post
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import corpus, posts, users, workspace
from backend.domain import EMOTIONS, Content, KindredError, Modality, Post
from backend.error_analysis import called

CLASSES = 6  # columns of a table of probabilities
LONG = 80  # words; a longer text is explained when asked to


def show_why(of: ErrorPageState) -> None:
    """Show one post; without one, let choose among the hardest."""
    id_ = url_state.get("post")
    judged = of.judged()
    if not id_ or id_ not in set(of.labelled.ids):
        hard = list(errors().hardest(judged).ids)
        if not hard:
            st.info(
                f"{plain(called(judged.model))} is right about every post.", icon=":material/check:"
            )
            return
        id_ = hard[0]
        st.caption("The hardest post; choose any other one by its “Why”.")
    post = posts([id_])[id_]
    author = users([post.user]).get(post.user) if post.user else None
    one, two = st.columns([2, 5], gap="large")
    with one:
        place = np.flatnonzero(judged.ids == id_)
        if len(place):
            show(verdict(judged, int(place[0])))
        show_post(post, author=author, lines=12)
        st.caption(plain(id_))
    with two:
        slot = st.container()
        with slot.skeleton(height=240):
            try:
                found = errors().why(id_, of.label, of.models, corpus())
                content = errors().content(id_, corpus())
            except KindredError as error:
                slot.error(with_commands(error.message), icon=":material/error:")
                return
        with slot:
            st.subheader("Every subset of its modalities", anchor=False)
            _show_subsets(of, found.subsets, found.label)
            if of.labelled.shipped:
                st.caption(
                    "Predicted by the models as they are. A bundle may have learnt from this "
                    "post; the verdict beside it is by heads that have not."
                )
            for pair, apart in found.disagreement.items():
                if apart >= 0.3:
                    show(
                        f'<div class="k-flag">{esc(pair.capitalize())} disagree: their predictions '
                        f"are <b>{apart:.0%}</b> apart.</div>"
                    )
    if of.models[0] == workspace().bundle.name:
        given = of.labelled.classes[judged.guess[place[0]]] if len(place) else found.label
        _show_reasons(content, id_, of, found.label, given)
    st.subheader("Nearest labelled posts", anchor=False)
    if found.kin:
        kin = posts([k.id for k in found.kin])
        with st.grid(4, min_column_width=170):
            for k in found.kin:
                if k.id in kin:
                    with st.container(border=True, height="stretch", gap="xsmall"):
                        sign = "same label" if k.label == found.label else "another label"
                        show(
                            f'<div class="k-meta"><b>{esc(k.label)}</b>, {sign}, '
                            f"likeness {k.likeness:.2f}</div>"
                        )
                        show_post(kin[k.id], lines=3)
                        st.space("stretch")
                        st.button(
                            "Why", key=f"why_kin_{k.id}", type="tertiary", on_click=open_post,
                            args=(k.id,),
                        )  # fmt: skip
    else:
        st.caption("This post has no place in the joint space.")
    show_what_if(of, post, content)


def _show_subsets(of: ErrorPageState, by_model, label: str) -> None:  # type: ignore[no-untyped-def]
    classes = list(of.labelled.classes)
    rows = [
        {"model": called(model), "from": subset_title(name), **dict(zip(classes, row, strict=True))}
        for model, subsets in by_model.items()
        for name, row in subsets.items()
    ]
    if not rows:
        st.caption("None of the chosen models can read this post.")
        return
    frame = pd.DataFrame(rows)
    strongest = frame[classes].max().sort_values(ascending=False).index[:CLASSES]
    shown = [c for c in classes if c in set(strongest) | {label}]
    st.dataframe(
        frame[["model", "from", *shown]],
        hide_index=True,
        column_config={
            name: st.column_config.ProgressColumn(
                f"{name} (label)" if name == label else name,
                format="percent",
                min_value=0.0,
                max_value=1.0,
            )
            for name in shown
        },
        alt="Probability of each class from every subset of the post's modalities, by model",
    )


@st.fragment
def _show_reasons(content: Content, id_: str, of: ErrorPageState, label: str, given: str) -> None:
    st.subheader("What it rests on", anchor=False)
    poles = [name for name in of.labelled.classes if name in ("positive", "negative")]
    options = poles or list(EMOTIONS)
    default = next((name for name in (given, label) if name in options), options[0])
    target = st.segmented_control(
        "What speaks for", options, default=default, key=f"errors_target_{id_}", required=True
    )
    if len((content.text or "").split()) > LONG and not st.toggle("Explain this long text"):
        return
    slot = st.container()
    with slot.skeleton(height=160):
        explanation = _explained(content, id_, str(target), workspace().bundle.name)
    parts = [m for m in content.modalities if explanation.spans.get(m)]
    if not parts:
        slot.caption("Nothing in this post can be picked out as a reason.")
        return
    for modality, column in zip(parts, slot.columns(len(parts), gap="large"), strict=True):
        spans = explanation.spans[modality]
        with column:
            if modality is Modality.TEXT and content.text:
                show_words(content.text, spans, str(target))
            elif modality is Modality.IMAGE and content.image:
                show_regions(content.image, spans, str(target))
                show_concepts("Looks like", explanation.looks_like)
            elif content.audio:
                show_seconds(content.audio, spans, str(target))
                show_concepts("Sounds like", explanation.sounds_like)


@st.cache_data(max_entries=100, show_spinner=False)
def _explained(_content: Content, id_: str, target: str, bundle: str):  # type: ignore[no-untyped-def]
    return errors().explain(_content, target)


def show_what_if(of: ErrorPageState, post: Post, content: Content) -> None:
    """Let edit the post and show how the predictions move."""
    st.subheader("What if", anchor=False)
    st.caption("Edit the text, swap the picture or mute the sound, and see the predictions move.")
    with st.form(f"what_if_{post.id}", border=True):
        text = st.text_area("Text", value=content.text or "", height=90)
        columns = st.columns(2)
        with columns[0]:
            picture = st.file_uploader(
                "Another picture", type=["png", "jpg", "jpeg", "webp", "gif"], max_upload_size=50
            )
            drop = st.checkbox("Without its picture") if content.image else False
        with columns[1]:
            other = st.text_input("Or the picture of the post", placeholder="its id")
            mute = st.checkbox("Without its sound") if content.audio else False
        asked = st.form_submit_button("Predict", type="primary", icon=":material/play_arrow:")
    if not asked:
        return
    try:
        image = None if drop else content.image
        if picture is not None:
            image = workspace().read_upload(picture.getvalue(), picture.name).image
        elif other.strip():
            image = errors().content(other.strip(), corpus()).image
        edited = Content(text.strip() or None, image, None if mute else content.audio)
        if not edited.modalities:
            st.warning("Nothing of the post is left.", icon=":material/warning:")
            return
        moved = errors().what_if([content, edited], of.label, of.models, corpus())
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    _show_moved(of.labelled.classes, moved)


def _show_moved(classes: Sequence[str], moved) -> None:  # type: ignore[no-untyped-def]
    rows = []
    for model, (before, after) in moved.items():
        for i, name in enumerate(classes):
            if max(np.nan_to_num(before[i]), np.nan_to_num(after[i])) >= 0.02:
                rows.append(
                    {
                        "model": called(model),
                        "class": name,
                        "before": float(before[i]),
                        "after": float(after[i]),
                        "change": float(after[i] - before[i]),
                    }
                )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "before": st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0
            ),
            "after": st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0
            ),
            "change": st.column_config.NumberColumn(format="%+.2f"),
        },
        alt="Predictions before and after the edit",
    )
    for model, (before, after) in moved.items():
        if np.isfinite(before).all() and np.isfinite(after).all():
            one, two = classes[int(before.argmax())], classes[int(after.argmax())]
            said = f"stays {one}" if one == two else f"moves from {one} to {two}"
            st.caption(f"**{plain(called(model))}** {plain(said)}.")
