"""Two models on the same posts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.components.errors.figures import MAX_CLASSES
from app.components.errors.tables import show_clickable, show_selection_button
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from backend.error_analysis import ModelComparison, display_name

_OTHER = "errors_other"
NAMES = {
    "shared": "read by both",
    "both right": "both correct",
    "only first": "only {one} correct",
    "only second": "only {two} correct",
    "both wrong": "both wrong",
    "differ": "predictions differ",
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
    with st.grid(3, min_column_width=230):  # a button cuts off a name that is wider
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
    if len(shown) > MAX_CLASSES:
        order = np.argsort(-(counts.sum(axis=1) + counts.sum(axis=0)), kind="stable")
        shown = np.sort(order[:MAX_CLASSES])
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
