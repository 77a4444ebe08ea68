"""How good the models are: figures with intervals, the matrix, the classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.components.errors.tables import put_selection, ranged, show_clickable, tinted
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from backend.error_analysis import ScoredPredictions, called, introduced

MOST = 16  # classes of a matrix that is still read
SHARES = {"counts": "Counts", "rows": "Share of the label", "columns": "Share of what was given"}
_SHARES = "errors_shares"


def show_figures(of: ErrorPageState) -> None:
    """Show all figures of the chosen models."""
    judged = of.judged()
    _show_measures(of)
    _show_numbers(judged)
    st.subheader("Confusion", anchor=False)
    _show_matrix(judged)
    st.subheader("By class", anchor=False)
    _show_classes(judged)


def _show_measures(of: ErrorPageState) -> None:
    judgements = sorted(of.judgements(), key=lambda j: list(of.titles).index(j.model))
    columns = [{m.name: m for m in errors().measures(j)} for j in judgements]
    names = list(dict.fromkeys(name for column in columns for name in column))
    says = {name: column[name].says for column in columns for name in column}
    rows = []
    for name in names:
        row = {"figure": name}
        for judged, column in zip(judgements, columns, strict=True):
            m = column.get(name)
            row[called(judged.model)] = ranged(m.value, m.low, m.high) if m else "–"
        rows.append({**row, "what it is": says[name]})
    rows.append(
        {
            "figure": "posts",
            **{called(j.model): f"{len(j):,} of {len(j.labelled):,}" for j in judgements},
            "what it is": "posts that the model can read and was not trained on",
        }
    )
    addresses = [{called(j.model): f"of:{j.model}:wrong" for j in judgements} for _ in rows[:-1]]
    addresses.append({called(j.model): f"of:{j.model}:all" for j in judgements})
    if any(len(j) < len(j.labelled) for j in judgements):
        left = {called(j.model): f"{len(j.labelled) - len(j):,}" for j in judgements}
        rows.append(
            {
                "figure": "left out",
                **left,
                "what it is": "posts that it cannot read, or that it learnt from",
            }
        )
        addresses.append({called(j.model): f"of:{j.model}:unread" for j in judgements})
    show_clickable(
        pd.DataFrame(rows),
        addresses,
        f"errors_measures_{of.label}_{'_'.join(of.models)}",
        alt="Figures of each model with intervals",
    )
    st.caption("Click a figure to see the posts that the model judged wrongly.")
    for judged in judgements:
        name, going_on = introduced(judged)
        st.caption(f"**{plain(name)}**{plain(going_on)}")


def _show_numbers(judged: ScoredPredictions) -> None:
    wrong = int((~judged.right).sum())
    with st.container(horizontal=True):
        for address, label in (
            ("wrong", f"{wrong:,} wrong"),
            ("right", f"{len(judged) - wrong:,} right"),
            ("all", f"{len(judged):,} posts"),
            ("hardest", "Hardest first"),
        ):
            st.button(
                label,
                key=f"errors_{address}",
                on_click=put_selection,
                args=(address,),
                type="tertiary",
            )


def _show_matrix(judged: ScoredPredictions) -> None:
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
    counts = errors().confusion(judged)
    shown = np.arange(len(counts))
    if len(shown) > MOST:
        shown = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:MOST])
    names = [judged.classes[i] for i in shown]
    by_row = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    by_column = counts / np.maximum(counts.sum(axis=0, keepdims=True), 1)
    shares = by_column if how == "columns" else by_row
    values = counts if how == "counts" else shares
    frame = pd.DataFrame(values[np.ix_(shown, shown)], columns=names)
    frame.insert(0, "label ↓  given →", names)
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
            **{given: f"cell:{label}|{given}" for given in names},
            "label ↓  given →": f"class:{label}",
        }
        for label in names
    ]
    show_clickable(
        styler, addresses, f"errors_matrix_{judged.model}_{judged.labelled.label}",
        alt="Confusion matrix: a row is a label, a column what the model gave",
    )  # fmt: skip
    left = len(counts) - len(shown)
    more = f" The {left} smallest classes are left out here, not in the figures." if left else ""
    st.caption(f"Click a cell to see its posts.{more}")


def _shares_changed() -> None:
    chosen = st.session_state[_SHARES]
    url_state.put({"shares": None if chosen == "counts" else chosen})


def _show_classes(judged: ScoredPredictions) -> None:
    rows, addresses = [], []
    for row in errors().by_class(judged):
        rows.append(
            {
                "class": row.name,
                "posts": row.posts,
                "given": row.given,
                "missed": row.posts - row.right,
                "mistaken": row.given - row.right,
                "precision": ranged(*row.precision),
                "recall": ranged(*row.recall),
                "F1": row.f1,
            }
        )
        addresses.append(
            {
                "": f"class:{row.name}",
                "given": f"given:{row.name}",
                "missed": f"missed:{row.name}",
                "mistaken": f"mistaken:{row.name}",
                "precision": f"given:{row.name}",
            }
        )
    show_clickable(
        pd.DataFrame(rows),
        addresses,
        f"errors_classes_{judged.model}_{judged.labelled.label}",
        alt="Precision, recall and F1 of each class, with intervals",
        config={"F1": st.column_config.NumberColumn(format="%.3f")},
    )
    st.caption(
        "*Missed*: posts of the class that were given something else. *Mistaken*: posts of other "
        "classes that were given it."
    )
