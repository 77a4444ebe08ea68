"""Metrics of the models, the confusion matrix and metrics by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.components.errors.tables import ranged, show_clickable, show_selection_button, tinted
from app.components.shared.actions import show_segments
from app.data.error_analysis import ErrorPageState, errors
from backend.error_analysis import ScoredPredictions, display_name, name_and_note

MAX_CLASSES = 16  # classes shown in a matrix
SHARES = {"counts": "Counts", "rows": "Share of label", "columns": "Share of prediction"}


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
    order = list(state.titles)
    all_scored = sorted(state.all_predictions(), key=lambda s: order.index(s.model))
    by_model = {display_name(s.model): s for s in all_scored}
    columns = {model: {m.name: m for m in errors().measures(s)} for model, s in by_model.items()}
    descriptions = {m.name: m.description for column in columns.values() for m in column.values()}
    rows, addresses = [], []

    def add(metric: str, cells: dict[str, str], description: str, posts: str) -> None:
        rows.append({"metric": metric, **cells, "what it measures": description})
        addresses.append({model: f"of:{s.model}:{posts}" for model, s in by_model.items()})

    for name, description in descriptions.items():
        measures = {model: column.get(name) for model, column in columns.items()}
        cells = {n: ranged(m.value, m.low, m.high) if m else "–" for n, m in measures.items()}
        add(name, cells, description, "wrong")
    read = {n: f"{len(s):,} of {len(s.ground_truth):,}" for n, s in by_model.items()}
    add("posts", read, "posts that the model can read", "all")
    if any(len(s) < len(s.ground_truth) for s in all_scored):
        unread = {n: f"{len(s.ground_truth) - len(s):,}" for n, s in by_model.items()}
        add("not read", unread, "posts without a modality that the model can read", "unread")
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
            show_selection_button(label, address, type="tertiary")


def _show_matrix(scored: ScoredPredictions) -> None:
    how = show_segments(
        "Cells", SHARES, key="errors_shares", name="shares", default="counts",
        label_visibility="collapsed",
    )  # fmt: skip
    counts = errors().confusion(scored)
    shown = np.arange(len(counts))
    if len(shown) > MAX_CLASSES:
        shown = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:MAX_CLASSES])
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
    caption = "Click a cell to see its posts."
    if left := len(counts) - len(shown):
        caption += f" The {left} smallest classes are left out here, but not in the metrics."
    st.caption(caption)


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
