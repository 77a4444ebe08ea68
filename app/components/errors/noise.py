"""Robustness, two models side by side, and the report."""

from __future__ import annotations

import shlex

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import plain, with_commands
from app.components.errors.figures import MOST
from app.components.errors.tables import put_selection, show_clickable
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import corpus, in_address
from backend.domain import KindredError
from backend.error_analysis import NOISES, SAMPLE, AccuracyDrop, ModelComparison, called

_OTHER = "errors_other"
NAMES = {
    "shared": "both read",
    "both right": "both right",
    "only first": "only {one} right",
    "only second": "only {two} right",
    "both wrong": "both wrong",
    "differ": "they differ",
}


def show_noise(of: ErrorPageState) -> None:
    """Show what it costs when something happens to the posts."""
    st.subheader("When a modality is missing or noisy", anchor=False)
    known = errors().robustness_known(of.models, of.label, corpus=corpus())
    if not known and not url_state.get("measure"):
        st.markdown(
            "Posts are spoilt in nine ways (parts dropped, emoji stripped, pictures blurred, "
            "cropped, squeezed, sounds drowned out or muted) and predicted again. "
            "This encodes some hundred posts anew, about a minute."
        )
        st.button(
            "Measure", type="primary", icon=":material/play_arrow:", on_click=_measure,
            key="errors_measure",
        )  # fmt: skip
        return
    bar = None if known else st.progress(0.0, "Encoding …")

    def progress(done: int, total: int) -> None:
        if bar is not None:
            bar.progress(done / total, f"{done} of {total} ways")

    try:
        drops = errors().robustness(of.models, of.label, progress=progress, corpus=corpus())
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    finally:
        if bar is not None:
            bar.empty()
    rows = [
        {
            "what happens": d.noise,
            "model": called(d.model),
            "tried": len(d.posts["tried"]),
            "of": d.of,
            "before": d.before,
            "after": d.after,
            "drop": f"{d.drop:+.3f}  [{d.low:+.3f}, {d.high:+.3f}]",
            "broken": len(d.posts["broken"]),
            "mended": len(d.posts["mended"]),
        }
        for d in drops
    ]
    addresses = [_addresses(d) for d in drops]
    config = {
        name: st.column_config.NumberColumn(format="%.3f", help="accuracy on the same posts")
        for name in ("before", "after")
    }
    config["of"] = st.column_config.NumberColumn(help="labelled posts with that modality")
    show_clickable(
        pd.DataFrame(rows), addresses, "errors_drops", alt="What each kind of noise costs",
        config=config,
    )  # fmt: skip
    st.caption(
        "*Broken*: right before and wrong after; *mended*: the other way about. Click a figure to "
        "see its posts. Interval of the drop: "
        "paired bootstrap. The probe is asked by the part that has not seen the post; a bundle "
        "as it is, also about posts that it learnt from, before and after alike."
    )


def _addresses(drop: AccuracyDrop) -> dict[str, str]:
    start = f"drop:{drop.model}|{drop.noise}|"
    named = {name: start + name for name in drop.posts}
    modality = next(n.modality for n in NOISES if n.name == drop.noise)
    return {**named, "": f"{start}tried", "drop": f"{start}broken", "of": f"with:{modality}"}


def _measure() -> None:
    url_state.put({"measure": "1"})


def show_versus(of: ErrorPageState) -> None:
    """Show two models on the same posts."""
    if len(of.models) < 2:
        st.info("Choose a second model above.", icon=":material/compare_arrows:")
        return
    others = list(of.models[1:])
    second = url_state.get("vs") if url_state.get("vs") in others else others[0]
    if len(others) > 1:
        st.session_state[_OTHER] = second
        st.segmented_control(
            "Against",
            others,
            key=_OTHER,
            format_func=called,
            on_change=_against,
            required=True,
        )
    found = errors().versus(of.judged(), of.judged(second))
    one, two = called(of.models[0]), called(second)
    d = found.difference
    st.subheader(plain(f"{one} and {two}"), anchor=False)
    better = one if d.value > 0 else two
    sure = "McNemar's test sees no difference" if found.p > 0.05 else f"{better} is better"
    st.markdown(
        f"On **{len(found.one):,}** posts that both read, accuracy differs by "
        f"**{d.value:+.3f}** [{d.low:+.3f}, {d.high:+.3f}]; {plain(sure)} (p = {found.p:.2g})."
    )
    counts = {"shared": len(found.one), **{n: int(m.sum()) for n, m in found.masks.items()}}
    with st.grid(6, min_column_width=175):
        for name, n in counts.items():
            said = NAMES[name].format(one=one, two=two)
            st.button(
                f"**{n:,}** {plain(said)}",
                key=f"errors_pair_{name}",
                on_click=put_selection,
                args=(f"pair:{second}:{name}",),
                width="stretch",
            )
    st.subheader("What each gives, against each other", anchor=False)
    _show_gives(found, second)


def _show_gives(found: ModelComparison, other: str) -> None:
    """A row is what the first model gives, a column what the second one does."""
    classes, counts = found.one.classes, found.gives
    shown = np.arange(len(classes))
    if len(shown) > MOST:
        order = np.argsort(-(counts.sum(axis=1) + counts.sum(axis=0)), kind="stable")
        shown = np.sort(order[:MOST])
    names = [classes[i] for i in shown]
    frame = pd.DataFrame(counts[np.ix_(shown, shown)], columns=names)
    first = f"{called(found.one.model)} ↓  {called(other)} →"
    frame.insert(0, first, names)
    addresses = [{two: f"pair:{other}:gives:{one}|{two}" for two in names} for one in names]
    show_clickable(
        frame,
        addresses,
        f"errors_gives_{found.one.model}_{other}_{found.one.labelled.label}",
        alt="Predictions of the first model against those of the second",
    )
    left = len(counts) - len(shown)
    more = f" The {left} classes given least are left out here." if left else ""
    st.caption(f"Click a cell to see its posts.{more}")


def _against() -> None:
    url_state.put({"vs": st.session_state[_OTHER], "sel": None, "cell": None})


def show_report(of: ErrorPageState) -> None:
    """Offer all of it as one file."""
    st.subheader("One page with all of it", anchor=False)
    st.markdown(
        "Figures, matrices, calibration, slices with typical errors, doubtful labels, models side "
        "by side and robustness, as an HTML file that needs nothing else and can be mailed."
    )
    noisy = st.toggle(
        "With robustness (about a minute)",
        value=errors().robustness_known(of.models, of.label, corpus=corpus()),
        key="errors_report_noise",
    )
    if st.button("Write the report", type="primary", icon=":material/description:"):
        with st.spinner("Writing …"):
            try:
                page = errors().report(
                    of.models,
                    of.label,
                    corrected=of.corrected,
                    corpus=corpus(),
                    sample=SAMPLE if noisy else 0,
                )
            except KindredError as error:
                st.error(with_commands(error.message), icon=":material/error:")
                return
        st.session_state["errors_report"] = page
    if made := st.session_state.get("errors_report"):
        st.download_button(
            f"Download ({len(made) / 1e6:.1f} MB)",
            made.encode(),
            f"kindred-errors-{of.label}.html",
            "text/html",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("The same from the command line:")
    # Names of labels come from people's files: one may hold spaces.
    asked = ["--label", of.label, *(part for name in of.models for part in ("--model", name))]
    if other := in_address(of.labelled.corpus):
        asked = ["--corpus", other, *asked]
    st.code(
        f"python -m backend evaluate --errors {shlex.join(asked)} --report errors.html",
        language="bash",
        wrap_lines=True,
    )
