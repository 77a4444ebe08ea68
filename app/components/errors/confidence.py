"""How sure a model is: does its confidence hold, and for which posts."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from app.components.errors.charts import BLUE, picking, show_chart
from app.components.errors.tables import put_selection, ranged, show_clickable
from app.components.errors.threshold import show_threshold
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import workspace
from backend.error_analysis import ScoredPredictions


def show_confidence(of: ErrorPageState) -> None:
    """Show calibration curve, histogram and threshold of the model that is looked at."""
    judged = of.judged()
    one, two = st.columns(2, gap="large")
    with one:
        st.subheader("Does its confidence hold?", anchor=False)
        _show_curve(judged)
    with two:
        st.subheader("Answer only when sure", anchor=False)
        show_threshold(judged)
    st.subheader("By modalities", anchor=False)
    rows = [
        {
            "posts of": g.name,
            "posts": g.posts,
            "calibration error": ranged(g.error, g.low, g.high),
            "by chance": ranged(g.chance, g.chance_low, g.chance_high),
        }
        for g in errors().gaps(judged)
    ]
    addresses = [
        {"": "all" if r["posts of"] == "all" else f"modalities:{r['posts of']}"} for r in rows
    ]
    show_clickable(
        pd.DataFrame(rows),
        addresses,
        f"errors_gaps_{judged.model}",
        alt="Calibration by modalities",
    )
    st.caption(
        "*By chance*: what models with exactly right confidence would show on so many posts. An "
        "error within that range may be noise and nothing else."
    )
    if judged.labelled.shipped and judged.model == workspace().bundle.name:
        st.caption(
            "This corpus holds a part of the tweets that people rated; all of them, held out, and "
            "drawings in other styles: `python -m backend evaluate calibration`."
        )


def _show_curve(judged: ScoredPredictions) -> None:
    bins = errors().curve(judged)
    frame = pd.DataFrame(
        [
            {
                "confidence": b.confidence,
                "accuracy": b.accuracy,
                "low": b.accuracy_low,
                "high": b.accuracy_high,
                "posts": b.posts,
                "from": b.low,
                "to": b.high,
                "bin": i,
            }
            for i, b in enumerate(bins)
            if b.posts
        ]
    )
    x = alt.X("confidence:Q", scale=alt.Scale(domain=[0, 1]), title=None)
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0, 1]}))
        .mark_line(strokeDash=[4, 4], opacity=0.5, color="gray")
        .encode(x="x:Q", y=alt.Y("x:Q", title="accuracy"))
    )
    rule = alt.Chart(frame).mark_rule(color=BLUE).encode(x=x, y="low:Q", y2="high:Q")
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, size=70, color=BLUE, opacity=1, cursor="pointer")
        .encode(x=x, y="accuracy:Q", tooltip=["posts", "confidence", "accuracy"])
        .add_params(picking("bin"))
    )
    bars = (
        alt.Chart(frame.assign(none=0))
        .mark_bar(color=BLUE, opacity=0.55, binSpacing=2, cursor="pointer")
        .encode(
            x=alt.X("from:Q", scale=alt.Scale(domain=[0, 1]), title="confidence"),
            x2="to:Q",
            y=alt.Y("posts:Q", title="posts", axis=alt.Axis(tickCount=3)),
            y2="none:Q",
            tooltip=["from", "to", "posts"],
        )
        .add_params(picking("bin"))
        .properties(height=110)
    )
    gap = errors().gaps(judged)[0]
    said = f"Expected calibration error {gap.error:.3f} [{gap.low:.3f}, {gap.high:.3f}]"
    curve = (diagonal + rule + points).properties(height=240)
    told = f"Calibration curve: accuracy against confidence. {said}."
    show_chart(curve, f"errors_curve_{judged.model}", told, "bin", _picked)
    show_chart(bars, f"errors_bars_{judged.model}", "Histogram of confidence", "bin", _picked)
    st.caption(f"{said}: on the dashed line confidence is exactly right. Click a point or a bar.")
    rows = [
        {
            "confidence": f"{b.low:.0%} to {b.high:.0%}",
            "posts": b.posts,
            "wrong": b.posts - b.right,
            "accuracy": ranged(b.accuracy, b.accuracy_low, b.accuracy_high),
        }
        for b in bins
        if b.posts
    ]
    places = [i for i, b in enumerate(bins) if b.posts]
    addresses = [{"": f"bin:{i}", "wrong": f"binwrong:{i}"} for i in places]
    show_clickable(
        pd.DataFrame(rows), addresses, f"errors_bins_{judged.model}", alt="Posts by confidence"
    )


def _picked(place: float) -> None:
    put_selection(f"bin:{int(place)}")
