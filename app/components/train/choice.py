"""What to train: label, models, budget; and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import esc, plain, show
from app.common.palette import MODALITY_NAMES
from app.data import url_state
from app.data.session import demo
from app.data.training import BUDGETS, MODELS, TrainPageState, begin
from backend.classifiers import GROUPS, TrainableLabel
from backend.domain import KindredError, Modality

_LABEL, _BUDGET = "train_label", "train_budget"
MOST = 12  # classes that are named
TITLES = {
    "text": "Text alone",
    "image": "Image alone",
    "audio": "Sound alone",
    "fusion": "Fusion: any subset of text, image and sound",
    "joint": "Joint space: posts and users in one",
}


def show_choice(of: TrainPageState) -> None:
    """Let choose label, models and budget."""
    for said in of.told:
        st.warning(plain(said), icon=":material/info:")
    _show_row(of)
    _show_label(of.label)
    show_others(of.others)
    st.subheader("Models", anchor=False)
    one, two = st.columns(2, gap="large")
    for group in GROUPS:
        with two if group in ("fusion", "joint") else one:
            _show_group(group, of)


def _show_row(of: TrainPageState) -> None:
    counts = {info.name: info for info in of.labels}
    st.session_state[_LABEL], st.session_state[_BUDGET] = of.label.name, of.budget
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Label to learn",
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
            help="; ".join(f"{n}: {b.says}" for n, b in BUDGETS.items()),
        )
        if not demo():
            count = len(of.models)
            st.button(
                f"Train {count} model{'' if count == 1 else 's'}",
                key="train_start",
                type="primary",
                icon=":material/play_arrow:",
                disabled=not count,
                on_click=_start,
                args=(of,),
            )


def _show_label(label: TrainableLabel) -> None:
    names = list(label.classes.items())
    chips = "".join(f"<span>{esc(name)} <small>{n:,}</small></span>" for name, n in names[:MOST])
    if len(names) > MOST:
        chips += f"<span>and {len(names) - MOST:,} more</span>"
    have = {m: sum(label.by_modality.get(m, {}).values()) for m in Modality}
    facts = " · ".join(f"{MODALITY_NAMES[m]} {n:,}" for m, n in have.items())
    left = label.posts - label.learnt
    more = f" · left out: {left:,} posts of classes with fewer than ten" if left else ""
    show(
        f'<div class="k-chips">{chips}</div>'
        f'<div class="k-note k-apart">Posts with: {esc(facts)}{esc(more)}</div>'
    )


def show_others(others: Sequence[TrainableLabel]) -> None:
    """Say why labels cannot be trained on."""
    if not others:
        return
    names = ", ".join(plain(info.name) for info in others)
    with st.expander(f"Labels that cannot be learnt: {names}"):
        for info in others:
            st.markdown(f"**{plain(info.name)}** ({info.posts:,} posts). {plain(info.problem)}")


def _show_group(group: str, of: TrainPageState) -> None:
    models = [m for m in MODELS if m.group == group]
    reasons = [of.unfit.get(m.name, "") for m in models]
    with st.container(border=True, key=f"train_group_{group}", gap="xsmall"):
        st.markdown(f"**{TITLES[group]}**")
        able = [m for m, said in zip(models, reasons, strict=True) if not said]
        if not able:
            # All lack the same; the first one's reason stands for them.
            st.caption(plain(reasons[0].partition(", which ")[0].rstrip(".") + "."))
            return
        for model, said in zip(models, reasons, strict=True):
            key = f"train_model_{model.key}"
            st.session_state[key] = model in of.models
            st.checkbox(
                f"**{plain(model.name)}** · {plain(model.says)}",
                key=key,
                disabled=bool(said),
                help=plain(said) if said else None,
                on_change=_models_changed,
                args=(of,),
            )


def _label_changed() -> None:
    url_state.put({"label": st.session_state[_LABEL], "models": None, "run": None})


def _models_changed(of: TrainPageState) -> None:
    chosen = [
        m.key
        for m in MODELS
        if m.name not in of.unfit and st.session_state.get(f"train_model_{m.key}")
    ]
    url_state.put({"label": of.label.name, "models": ",".join(chosen) or "none", "run": None})


def _budget_changed() -> None:
    chosen = st.session_state[_BUDGET]
    url_state.put({"budget": None if chosen == "quick" else chosen, "run": None})


def _start(of: TrainPageState) -> None:
    try:
        job = begin(of)
    except KindredError as error:
        url_state.problem(error)
        return
    url_state.put(
        {
            "label": of.label.name,
            "models": ",".join(m.key for m in of.models),
            "budget": None if of.budget == "quick" else of.budget,
            "run": job.id,
        }
    )
