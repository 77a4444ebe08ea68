"""Curves of a training run: loss on training and validation posts, F1 on the latter."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from backend.classifiers import EpochPoint

HEIGHT = 300  # legends included
TRAINING, VALIDATION = "training", "validation"


def show_curves(points: Sequence[EpochPoint], id: str, *, live: bool = False) -> None:
    """Show the epochs of one fold of the training run `id`, all models in one chart.

    A `live` run shows its current fold.
    """
    runs = sorted({point.run for point in points})
    if not runs:
        return
    run = runs[-1]
    if live:
        st.caption(f"Fold {run + 1}")
    elif len(runs) > 1:
        key = f"train_fold_{id}"
        if st.session_state.get(key) not in runs:
            st.session_state[key] = runs[0]
        chosen = st.segmented_control(
            "Fold", runs, format_func=lambda r: str(r + 1), key=key, required=True
        )
        run = runs[0] if chosen is None else chosen
    fold = [point for point in points if point.run == run]
    models = list(dict.fromkeys(point.model for point in fold))
    rows = [
        {"model": p.model, "epoch": p.epoch, "loss": loss, "posts": kind}
        for p in fold
        for kind, loss in ((TRAINING, p.loss), (VALIDATION, p.validation))
        if loss is not None
    ]
    figures = [
        {"model": p.model, "epoch": p.epoch, "F1": p.figure} for p in fold if p.figure is not None
    ]
    one, two = st.columns(2, gap="large")
    with one:
        st.markdown("**Loss** by epoch; dashed: validation posts")
        st.altair_chart(_chart(rows, models, "loss"), alt=f"Loss by epoch of {', '.join(models)}")
    if figures:
        with two:
            st.markdown(
                "**F1** on validation posts",
                help="Of the network alone, while it learns. The table below judges a classifier "
                "fitted to what the network has learnt, on posts that neither has seen.",
            )
            st.altair_chart(
                _chart(figures, models, "F1"), alt=f"F1 on validation posts of {', '.join(models)}"
            )


def _colour(models: list[str]) -> alt.Color:
    legend = alt.Legend(title=None, orient="bottom", columns=2, labelLimit=180, symbolType="stroke")
    return alt.Color("model:N", scale=alt.Scale(domain=models), legend=legend)


def _epochs() -> alt.X:
    axis = alt.Axis(tickMinStep=1, format="d", grid=False)
    return alt.X("epoch:Q", title="epoch", axis=axis, scale=alt.Scale(nice=False))


def _chart(rows: list[dict[str, object]], models: list[str], value: str) -> alt.Chart:
    """Draw ``loss``, dashed for validation posts, or ``F1`` by epoch."""
    posts = ["posts"] if value == "loss" else []
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(point=alt.OverlayMarkDef(size=22))
        .encode(
            x=_epochs(),
            y=alt.Y(f"{value}:Q", title=None, scale=alt.Scale(zero=False)),
            color=_colour(models),
            tooltip=["model", *posts, "epoch", alt.Tooltip(f"{value}:Q", format=".3f")],
        )
        .properties(height=HEIGHT)
    )
    if posts:
        scale = alt.Scale(domain=[TRAINING, VALIDATION], range=[[1, 0], [5, 4]])
        # No legend: the caption names the dashes, and a second one would not fit a phone.
        chart = chart.encode(strokeDash=alt.StrokeDash("posts:N", scale=scale, legend=None))
    return chart
