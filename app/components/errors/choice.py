"""The controls at the top of the page: corpus, label, models and view."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.shared.corpus_picker import show_corpora
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import corpus
from backend.error_analysis import display_name
from backend.workspace.error_analysis import MAX_MODELS

VIEWS = {
    "figures": "Metrics",
    "confidence": "Confidence",
    "where": "Where it fails",
    "labels": "Label issues",
    "why": "Single post",
    "noise": "Robustness",
    "versus": "Compare models",
    "report": "Report",
}
_LABEL, _MODELS, _ON = "errors_label", "errors_models", "errors_on"
_VIEW, _CORRECTED = "errors_view", "errors_corrected"


def show_choice(state: ErrorPageState) -> str:
    """Show the controls for label, models and view; return a key of `VIEWS`."""
    show_corpora()
    counts = {info.name: info for info in state.labels}
    st.session_state[_LABEL] = state.label
    st.session_state[_MODELS] = sorted(state.models, key=list(state.titles).index)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Label",
            list(counts),
            key=_LABEL,
            format_func=lambda n: (
                f"{n}: {counts[n].posts:,} posts, {len(counts[n].classes)} classes"
            ),
            on_change=_label_changed,
            width=320,
        )
        st.multiselect(
            "Models",
            list(state.titles),
            key=_MODELS,
            format_func=display_name,
            max_selections=MAX_MODELS,
            on_change=_models_changed,
            help="; ".join(plain(title) for title in state.titles.values()),
            width=420,
        )
        if len(state.models) > 1:
            st.session_state[_ON] = state.models[0]
            st.segmented_control(
                "Show results of",
                sorted(state.models, key=list(state.titles).index),
                key=_ON,
                format_func=display_name,
                on_change=_on_changed,
                required=True,
            )
        changes = errors().relabels(state.label, corpus())
        if changes or state.corrected:
            st.session_state[_CORRECTED] = state.corrected
            title = f"Apply {len(changes):,} correction{'s' * (len(changes) != 1)}"
            st.toggle(title, key=_CORRECTED, on_change=_corrected)
    url_state.follow_choice(_VIEW, "view", "figures", VIEWS)
    view = st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=lambda name: VIEWS[name],
        key=_VIEW,
        on_change=_view_changed,
        required=True,
        label_visibility="collapsed",
        wrap=True,
    )
    return str(view)


def _label_changed() -> None:
    cleared = dict.fromkeys(("models", "on", "sel", "cell", "post", "offset", "from"))
    url_state.put({**cleared, "label": st.session_state[_LABEL]})


def _models_changed() -> None:
    cleared = dict.fromkeys(("on", "sel", "cell", "offset"))
    url_state.put({**cleared, "models": ",".join(st.session_state[_MODELS])})


def _on_changed() -> None:
    url_state.put({"on": st.session_state[_ON], "offset": None})


def _corrected() -> None:
    url_state.put({"labels": "corrected" if st.session_state[_CORRECTED] else None})


def _view_changed() -> None:
    chosen = st.session_state[_VIEW]
    view = None if chosen == "figures" else chosen
    url_state.put({"view": view, "sel": None, "cell": None, "offset": None})
