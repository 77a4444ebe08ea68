"""The choice of what to train: label, models, budget; and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import esc, plain, show
from app.common.palette import MODALITY_NAMES, counted
from app.data import url_state
from app.data.session import corpus, workspace
from app.data.training import TrainPageState
from backend.classifiers import BUDGETS, GROUPS, MODELS, TrainableLabel
from backend.domain import Modality
from backend.settings import settings

_LABEL, _BUDGET = "train_label", "train_budget"
MAX_CLASSES = 12  # classes that are named
TITLES = {
    "text": "Text only",
    "image": "Image only",
    "audio": "Sound only",
    "fusion": "Fusion: any subset of text, image and sound",
    "joint": "Joint space of posts and users",
}


def show_choice(state: TrainPageState) -> None:
    """Let the visitor choose label, models and budget."""
    for problem in state.problems:
        st.warning(plain(problem), icon=":material/info:")
    _show_row(state)
    _show_label(state.label)
    show_others(state.others)
    st.subheader("Models", anchor=False)
    one, two = st.columns(2, gap="large")
    for group in GROUPS:
        with two if group in ("fusion", "joint") else one:
            _show_group(group, state)


def _show_row(state: TrainPageState) -> None:
    counts = {info.name: info for info in state.labels}
    st.session_state[_LABEL], st.session_state[_BUDGET] = state.label.name, state.budget
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Label to predict",
            list(counts),
            key=_LABEL,
            format_func=lambda n: (
                f"{n}: {counts[n].learnt:,} posts, {len(counts[n].classes)} classes"
            ),
            on_change=_label_changed,
            width=380,
        )
        st.segmented_control(
            "Budget",
            list(BUDGETS),
            format_func=str.capitalize,
            key=_BUDGET,
            on_change=_budget_changed,
            required=True,
            help="; ".join(f"{n}: {b.summary}" for n, b in BUDGETS.items()),
        )
        if not settings().demo:
            st.button(
                f"Train {counted(len(state.models), 'model')}",
                key="train_start",
                type="primary",
                icon=":material/play_arrow:",
                disabled=not state.models,
                on_click=url_state.attempt,
                args=(_start, state),
            )


def _show_label(label: TrainableLabel) -> None:
    names = list(label.classes.items())
    chips = "".join(
        f"<span>{esc(name)} <small>{n:,}</small></span>" for name, n in names[:MAX_CLASSES]
    )
    if len(names) > MAX_CLASSES:
        chips += f"<span>and {len(names) - MAX_CLASSES:,} more</span>"
    sums = {m: sum(label.by_modality.get(m, {}).values()) for m in Modality}
    facts = " · ".join(f"{MODALITY_NAMES[m]} {n:,}" for m, n in sums.items())
    left = label.posts - label.learnt
    more = f" · not used: {left:,} posts in classes with fewer than ten posts" if left else ""
    show(
        f'<div class="k-chips">{chips}</div>'
        f'<div class="k-note k-apart">Posts with: {esc(facts)}{esc(more)}</div>'
    )


def show_others(others: Sequence[TrainableLabel]) -> None:
    """Explain why labels cannot be used for training."""
    if not others:
        return
    names = ", ".join(plain(info.name) for info in others)
    with st.expander(f"Labels that cannot be used: {names}"):
        for info in others:
            st.markdown(f"**{plain(info.name)}** ({info.posts:,} posts). {plain(info.problem)}")


def _show_group(group: str, state: TrainPageState) -> None:
    models = [m for m in MODELS if m.group == group]
    reasons = [state.unfit.get(m.name, "") for m in models]
    with st.container(border=True, key=f"train_group_{group}", gap="xsmall"):
        st.markdown(f"**{TITLES[group]}**")
        if all(reasons):
            # All lack the same, so show the first reason.
            st.caption(plain(reasons[0].replace(f"{models[0].name} needs", "These models need", 1)))
            return
        for model, reason in zip(models, reasons, strict=True):
            key = f"train_model_{model.key}"
            st.session_state[key] = model in state.models
            st.checkbox(
                f"**{plain(model.name)}** · {plain(model.summary)}",
                key=key,
                disabled=bool(reason),
                help=plain(reason) if reason else None,
                on_change=_models_changed,
                args=(state,),
            )


def _label_changed() -> None:
    url_state.put({"label": st.session_state[_LABEL], "models": None, "run": None})


def _models_changed(state: TrainPageState) -> None:
    chosen = [
        m.key
        for m in MODELS
        if m.name not in state.unfit and st.session_state.get(f"train_model_{m.key}")
    ]
    url_state.put({"label": state.label.name, "models": ",".join(chosen) or "none", "run": None})


def _budget_changed() -> None:
    chosen = st.session_state[_BUDGET]
    url_state.put({"budget": None if chosen == "quick" else chosen, "run": None})


def _start(state: TrainPageState) -> None:
    training = workspace().training
    names = [m.name for m in state.models]
    job = training.runs.plan(training.request(corpus(), state.label.name, names, state.budget))
    training.runs.start(job)
    url_state.put(
        {
            "label": state.label.name,
            "models": ",".join(m.key for m in state.models),
            "budget": None if state.budget == "quick" else state.budget,
            "run": job.id,
        }
    )
