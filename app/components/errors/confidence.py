"""Confidence: whether it is calibrated, and the posts at each level of it."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from app.components.errors.charts import BLUE, picking, show_chart
from app.components.errors.tables import put_selection, ranged, show_clickable
from app.components.errors.threshold import show_threshold
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import workspace
from backend.error_analysis import ScoredPredictions
from backend.error_analysis.confidence import Bin


def show_confidence(state: ErrorPageState) -> None:
    """Show calibration curve, histogram and threshold of the first model."""
    scored = state.predictions()
    one, two = st.columns(2, gap="large")
    with one:
        st.subheader("Is the confidence calibrated?", anchor=False)
        _show_curve(scored)
    with two:
        st.subheader("Answer only when confident", anchor=False)
        show_threshold(scored)
    st.subheader("Calibration by modalities", anchor=False)
    gaps = errors().gaps(scored)
    rows = [
        {
            "posts with": gap.name,
            "posts": gap.posts,
            "calibration error": ranged(gap.error, gap.low, gap.high),
            "if perfectly calibrated": ranged(gap.chance, gap.chance_low, gap.chance_high),
        }
        for gap in gaps
    ]
    addresses = [{"": "all" if g.name == "all" else f"modalities:{g.name}"} for g in gaps]
    show_clickable(
        pd.DataFrame(rows),
        addresses,
        f"errors_gaps_{scored.model}",
        alt="Calibration error by modalities",
    )
    st.caption(
        "*If perfectly calibrated*: the error even a perfectly calibrated model would show on "
        "this many posts. An error in that range may be chance."
    )
    if scored.ground_truth.shipped and scored.model == workspace().bundle.name:
        st.caption(
            "This corpus has only some of the rated tweets. For held-out results on all of them "
            "and on drawings, run `python -m backend evaluate calibration`."
        )


def _show_curve(scored: ScoredPredictions) -> None:
    bins = errors().curve(scored)
    used = [i for i, one in enumerate(bins) if one.posts]
    error = errors().gaps(scored)[0]
    text = f"Expected calibration error {error.error:.3f} [{error.low:.3f}, {error.high:.3f}]"
    curve, histogram = _charts(bins)
    description = f"Calibration curve: accuracy against confidence. {text}."
    show_chart(curve, f"errors_curve_{scored.model}", description, "bin", _picked)
    show_chart(histogram, f"errors_bars_{scored.model}", "Histogram of confidence", "bin", _picked)
    st.caption(f"{text}. Perfect calibration lies on the dashed line. Click a point or a bar.")
    rows = [
        {
            "confidence": f"{bins[i].low:.0%} to {bins[i].high:.0%}",
            "posts": bins[i].posts,
            "wrong": bins[i].posts - bins[i].correct,
            "accuracy": ranged(bins[i].accuracy, bins[i].accuracy_low, bins[i].accuracy_high),
        }
        for i in used
    ]
    addresses = [{"": f"bin:{i}", "wrong": f"binwrong:{i}"} for i in used]
    show_clickable(
        pd.DataFrame(rows), addresses, f"errors_bins_{scored.model}", alt="Posts by confidence"
    )


def _charts(bins: Sequence[Bin]) -> tuple[alt.LayerChart, alt.Chart]:
    """The calibration curve with intervals, and the histogram of confidence."""
    frame = pd.DataFrame(
        [
            {
                "confidence": one.confidence,
                "accuracy": one.accuracy,
                "low": one.accuracy_low,
                "high": one.accuracy_high,
                "posts": one.posts,
                "from": one.low,
                "to": one.high,
                "bin": i,
            }
            for i, one in enumerate(bins)
            if one.posts
        ]
    )
    x = alt.X("confidence:Q", scale=alt.Scale(domain=[0, 1]), title=None)
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0, 1]}))
        .mark_line(strokeDash=[4, 4], opacity=0.5, color="gray")
        .encode(x="x:Q", y=alt.Y("x:Q", title="accuracy"))
    )
    intervals = alt.Chart(frame).mark_rule(color=BLUE).encode(x=x, y="low:Q", y2="high:Q")
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, size=70, color=BLUE, opacity=1, cursor="pointer")
        .encode(x=x, y="accuracy:Q", tooltip=["posts", "confidence", "accuracy"])
        .add_params(picking("bin"))
    )
    histogram = (
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
    return (diagonal + intervals + points).properties(height=240), histogram


def _picked(number: float) -> None:
    put_selection(f"bin:{int(number)}")
