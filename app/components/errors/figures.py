"""Metrics of the models, the confusion matrix and metrics by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.components.errors.tables import put_selection, ranged, show_clickable, tinted
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from backend.error_analysis import ScoredPredictions, display_name, name_and_note

MOST = 16  # classes shown in a matrix
SHARES = {"counts": "Counts", "rows": "Share of label", "columns": "Share of prediction"}
_SHARES = "errors_shares"


def show_figures(state: ErrorPageState) -> None:
    """Show the metrics of the chosen models."""
    scored = state.predictions()
    _show_measures(state)
    _show_numbers(scored)
    st.subheader("Confusion matrix", anchor=False)
    _show_matrix(scored)
    st.subheader("By class", anchor=False)
    _show_classes(scored)


def _show_measures(state: ErrorPageState) -> None:
    all_scored = sorted(state.all_predictions(), key=lambda j: list(state.titles).index(j.model))
    columns = [{m.name: m for m in errors().measures(j)} for j in all_scored]
    names = list(dict.fromkeys(name for column in columns for name in column))
    description = {name: column[name].description for column in columns for name in column}
    rows = []
    for name in names:
        row = {"metric": name}
        for scored, column in zip(all_scored, columns, strict=True):
            m = column.get(name)
            row[display_name(scored.model)] = ranged(m.value, m.low, m.high) if m else "–"
        rows.append({**row, "what it measures": description[name]})
    rows.append(
        {
            "metric": "posts",
            **{display_name(j.model): f"{len(j):,} of {len(j.ground_truth):,}" for j in all_scored},
            "what it measures": "posts that the model can read",
        }
    )
    addresses = [
        {display_name(j.model): f"of:{j.model}:wrong" for j in all_scored} for _ in rows[:-1]
    ]
    addresses.append({display_name(j.model): f"of:{j.model}:all" for j in all_scored})
    if any(len(j) < len(j.ground_truth) for j in all_scored):
        left = {display_name(j.model): f"{len(j.ground_truth) - len(j):,}" for j in all_scored}
        rows.append(
            {
                "metric": "not read",
                **left,
                "what it measures": "posts without a modality that the model can read",
            }
        )
        addresses.append({display_name(j.model): f"of:{j.model}:unread" for j in all_scored})
    show_clickable(
        pd.DataFrame(rows),
        addresses,
        f"errors_measures_{state.label}_{'_'.join(state.models)}",
        alt="Metrics of each model with intervals",
    )
    st.caption(
        "Brackets hold 95 % intervals. Click a number to see the wrong predictions of that model."
    )
    for scored in all_scored:
        name, note = name_and_note(scored)
        st.caption(f"**{plain(name)}**{plain(note)}")


def _show_numbers(scored: ScoredPredictions) -> None:
    wrong = int((~scored.correct).sum())
    with st.container(horizontal=True):
        for address, label in (
            ("wrong", f"{wrong:,} wrong"),
            ("right", f"{len(scored) - wrong:,} correct"),
            ("all", f"{len(scored):,} posts"),
            ("hardest", "Hardest posts"),
        ):
            st.button(
                label,
                key=f"errors_{address}",
                on_click=put_selection,
                args=(address,),
                type="tertiary",
            )


def _show_matrix(scored: ScoredPredictions) -> None:
    url_state.follow(_SHARES, "shares", "counts")
    if st.session_state[_SHARES] not in SHARES:
        st.session_state[_SHARES] = "counts"
    how = st.segmented_control(
        "Cells",
        list(SHARES),
        format_func=lambda name: SHARES[name],
        key=_SHARES,
        on_change=_shares_changed,
        required=True,
        label_visibility="collapsed",
    )
    counts = errors().confusion(scored)
    shown = np.arange(len(counts))
    if len(shown) > MOST:
        shown = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:MOST])
    names = [scored.classes[i] for i in shown]
    by_row = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    by_column = counts / np.maximum(counts.sum(axis=0, keepdims=True), 1)
    shares = by_column if how == "columns" else by_row
    values = counts if how == "counts" else shares
    frame = pd.DataFrame(values[np.ix_(shown, shown)], columns=names)
    frame.insert(0, "label ↓  predicted →", names)
    part = shares[np.ix_(shown, shown)]
    styles = [
        ["", *(tinted(part[i, j], i == j) for j in range(len(shown)))] for i in range(len(shown))
    ]
    styler = frame.style.apply(
        lambda _: pd.DataFrame(styles, columns=frame.columns, index=frame.index), axis=None
    )
    styler = styler.format(dict.fromkeys(names, "{:,.0f}" if how == "counts" else "{:.1%}"))
    addresses = [
        {
            **{predicted: f"cell:{label}|{predicted}" for predicted in names},
            "label ↓  predicted →": f"class:{label}",
        }
        for label in names
    ]
    show_clickable(
        styler, addresses, f"errors_matrix_{scored.model}_{scored.ground_truth.label}",
        alt="Confusion matrix: rows are labels, columns predicted classes",
    )  # fmt: skip
    left = len(counts) - len(shown)
    more = (
        f" The {left} smallest classes are left out here, but not in the metrics." if left else ""
    )
    st.caption(f"Click a cell to see its posts.{more}")


def _shares_changed() -> None:
    chosen = st.session_state[_SHARES]
    url_state.put({"shares": None if chosen == "counts" else chosen})


def _show_classes(scored: ScoredPredictions) -> None:
    rows, addresses = [], []
    for row in errors().by_class(scored):
        rows.append(
            {
                "class": row.name,
                "posts": row.posts,
                "predicted": row.predicted,
                "false negatives": row.posts - row.correct,
                "false positives": row.predicted - row.correct,
                "precision": ranged(*row.precision),
                "recall": ranged(*row.recall),
                "F1": row.f1,
            }
        )
        addresses.append(
            {
                "": f"class:{row.name}",
                "predicted": f"given:{row.name}",
                "false negatives": f"missed:{row.name}",
                "false positives": f"mistaken:{row.name}",
                "precision": f"given:{row.name}",
            }
        )
    show_clickable(
        pd.DataFrame(rows),
        addresses,
        f"errors_classes_{scored.model}_{scored.ground_truth.label}",
        alt="Precision, recall and F1 of each class, with intervals",
        config={"F1": st.column_config.NumberColumn(format="%.3f")},
    )
    st.caption(
        "*False negatives*: posts of the class predicted as another class. *False positives*: "
        "posts of other classes predicted as this class."
    )
