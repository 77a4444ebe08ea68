"""The whole analysis as one file."""

from __future__ import annotations

import shlex

import streamlit as st

from app.common.markup import with_commands
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import corpus, in_address
from backend.domain import KindredError
from backend.error_analysis import SAMPLE


def show_report(state: ErrorPageState) -> None:
    """Offer the whole analysis as one file."""
    st.subheader("Report", anchor=False)
    st.markdown(
        "One self-contained HTML file to keep or send: metrics, confusion matrices, calibration, "
        "groups with more errors, doubtful labels, comparisons of models and robustness."
    )
    noisy = st.toggle(
        "Include robustness (about a minute)",
        value=errors().robustness_known(state.models, state.label, corpus=corpus()),
        key="errors_report_noise",
    )
    if st.button("Create report", type="primary", icon=":material/description:"):
        with st.spinner("Creating the report …"):
            try:
                page = errors().report(
                    state.models,
                    state.label,
                    corrected=state.corrected,
                    corpus=corpus(),
                    sample=SAMPLE if noisy else 0,
                )
            except KindredError as error:
                st.error(with_commands(error.message), icon=":material/error:")
                return
        st.session_state["errors_report"] = page
    if report := st.session_state.get("errors_report"):
        st.download_button(
            f"Download ({len(report) / 1e6:.1f} MB)",
            report.encode(),
            f"kindred-errors-{state.label}.html",
            "text/html",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("The same report from the command line:")
    # Labels are named in imported files: a name may contain spaces.
    args = ["--label", state.label, *(part for name in state.models for part in ("--model", name))]
    if name := in_address(state.ground_truth.corpus):
        args = ["--corpus", name, *args]
    st.code(
        f"python -m backend evaluate --errors {shlex.join(args)} --report errors.html",
        language="bash",
        wrap_lines=True,
    )
