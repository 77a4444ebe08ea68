"""Robustness to corrupted posts, comparison of two models, and the report."""

from __future__ import annotations

import shlex

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import plain, with_commands
from app.components.errors.figures import MOST
from app.components.errors.tables import show_clickable, show_selection_button
from app.components.shared.actions import show_link_button
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import corpus, in_address
from backend.domain import KindredError
from backend.error_analysis import CORRUPTIONS, SAMPLE, AccuracyDrop, ModelComparison, display_name

_OTHER = "errors_other"
NAMES = {
    "shared": "read by both",
    "both right": "both correct",
    "only first": "only {one} correct",
    "only second": "only {two} correct",
    "both wrong": "both wrong",
    "differ": "predictions differ",
}


def show_noise(state: ErrorPageState) -> None:
    """Show the accuracy that each corruption of posts costs, measured on demand."""
    st.subheader("Accuracy on corrupted posts", anchor=False)
    known = errors().robustness_known(state.models, state.label, corpus=corpus())
    if not known and not url_state.get("measure"):
        st.markdown(
            "A sample of posts is corrupted in nine ways: modalities removed, emoji removed, "
            "images blurred, cropped or compressed, sounds muted or overlaid with noise. The "
            "models predict each version again, which takes about a minute."
        )
        change, icon = {"measure": "1"}, "play_arrow"
        key = "errors_measure"
        show_link_button("Measure robustness", change, icon=icon, type="primary", key=key)
        return
    bar = None if known else st.progress(0.0, "Predicting corrupted posts …")

    def on_progress(done: int, total: int) -> None:
        if bar is not None:
            bar.progress(done / total, f"{done} of {total} corruptions")

    try:
        drops = errors().robustness(
            state.models, state.label, progress=on_progress, corpus=corpus()
        )
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    finally:
        if bar is not None:
            bar.empty()
    rows = [
        {
            "corruption": d.corruption,
            "model": display_name(d.model),
            "tested": len(d.posts["tried"]),
            "of": d.eligible,
            "before": d.before,
            "after": d.after,
            "drop": f"{d.drop:+.3f}  [{d.low:+.3f}, {d.high:+.3f}]",
            "newly wrong": len(d.posts["broken"]),
            "newly correct": len(d.posts["mended"]),
        }
        for d in drops
    ]
    addresses = [_addresses(d) for d in drops]
    config = {
        name: st.column_config.NumberColumn(format="%.3f", help="accuracy on the tested posts")
        for name in ("before", "after")
    }
    config["of"] = st.column_config.NumberColumn(help="labelled posts that have the modality")
    show_clickable(
        pd.DataFrame(rows), addresses, "errors_drops",
        alt="Accuracy drop of each model for each corruption",
        config=config,
    )  # fmt: skip
    st.caption(
        "*Newly wrong*: correct before the corruption and wrong after it; *newly correct*: the "
        "reverse. Brackets hold 95 % intervals (paired bootstrap). Click a number to see its "
        "posts. "
        "The probe's predictions are held out; a bundle may have been trained on these posts."
    )


def _addresses(drop: AccuracyDrop) -> dict[str, str]:
    start = f"drop:{drop.model}|{drop.corruption}|"
    modality = next(c.modality for c in CORRUPTIONS if c.name == drop.corruption)
    return {
        "": f"{start}tried",
        "of": f"with:{modality}",
        "before": f"{start}before",
        "after": f"{start}after",
        "drop": f"{start}broken",
        "newly wrong": f"{start}broken",
        "newly correct": f"{start}mended",
    }


def show_comparison(state: ErrorPageState) -> None:
    """Compare two models on the same posts."""
    if len(state.models) < 2:
        st.info("Choose a second model above to compare.", icon=":material/compare_arrows:")
        return
    others = list(state.models[1:])
    second = url_state.get("vs") if url_state.get("vs") in others else others[0]
    if len(others) > 1:
        st.session_state[_OTHER] = second
        st.segmented_control(
            "Compare with",
            others,
            key=_OTHER,
            format_func=display_name,
            on_change=_against,
            required=True,
        )
    comparison = errors().compare(state.predictions(), state.predictions(second))
    one, two = display_name(state.models[0]), display_name(second)
    d = comparison.difference
    st.subheader(plain(f"{one} and {two}"), anchor=False)
    better = one if d.value > 0 else two
    verdict = (
        "the difference is not significant"
        if comparison.p > 0.05
        else f"{better} is significantly better"
    )
    st.markdown(
        f"On the **{len(comparison.one):,}** posts that both can read, the accuracy of "
        f"{plain(one)} minus that of {plain(two)} is **{d.value:+.3f}** "
        f"[{d.low:+.3f}, {d.high:+.3f}]; {plain(verdict)} "
        f"(McNemar's test, p = {comparison.p:.2g})."
    )
    counts = {"shared": len(comparison.one)}
    counts |= {name: int(mask.sum()) for name, mask in comparison.masks.items()}
    with st.grid(6, min_column_width=175):
        for name, n in counts.items():
            text = f"**{n:,}** {plain(NAMES[name].format(one=one, two=two))}"
            address, key = f"pair:{second}:{name}", f"errors_pair_{name}"
            show_selection_button(text, address, key=key, width="stretch")
    st.subheader("Predictions of one model against the other", anchor=False)
    _show_cross_table(comparison, second)


def _show_cross_table(comparison: ModelComparison, other: str) -> None:
    """Rows are predictions of the first model, columns of the second."""
    classes, counts = comparison.one.classes, comparison.cross_table
    shown = np.arange(len(classes))
    if len(shown) > MOST:
        order = np.argsort(-(counts.sum(axis=1) + counts.sum(axis=0)), kind="stable")
        shown = np.sort(order[:MOST])
    names = [classes[i] for i in shown]
    frame = pd.DataFrame(counts[np.ix_(shown, shown)], columns=names)
    first = f"{display_name(comparison.one.model)} ↓  {display_name(other)} →"
    frame.insert(0, first, names)
    addresses = [{two: f"pair:{other}:gives:{one}|{two}" for two in names} for one in names]
    show_clickable(
        frame,
        addresses,
        f"errors_gives_{comparison.one.model}_{other}_{comparison.one.ground_truth.label}",
        alt="Predictions of the first model against those of the second",
    )
    left = len(counts) - len(shown)
    more = f" The {left} classes predicted least are left out here." if left else ""
    st.caption(f"Click a cell to see its posts.{more}")


def _against() -> None:
    url_state.put({"vs": st.session_state[_OTHER], "sel": None, "cell": None})


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
