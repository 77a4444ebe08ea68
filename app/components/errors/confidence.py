"""How sure a model is: calibration, and what it costs to answer only when sure."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from app import state
from app.components.errors.tables import put_selection, ranged, show_clickable
from app.errors_facade import Asked, errors
from backend.errors import Judged

_AT, _WRONG, _HELD = "errors_at", "errors_cost_wrong", "errors_cost_held"
BLUE = "#6C66BE"


def show_confidence(of: Asked) -> None:
    """Show calibration curve, histogram and threshold of the model that is looked at."""
    judged = of.judged()
    one, two = st.columns(2, gap="large")
    with one:
        st.subheader("Does its confidence hold?", anchor=False)
        _show_curve(judged)
    with two:
        st.subheader("Answer only when sure", anchor=False)
        _show_threshold(judged)
    st.subheader("By modalities", anchor=False)
    rows = [
        {
            "posts of": g.name,
            "posts": g.posts,
            "calibration error": ranged(g.error, g.low, g.high),
            "by chance": g.chance,
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
        config={"by chance": st.column_config.NumberColumn(format="%.3f")},
    )
    st.caption(
        "*By chance*: what a model with exactly right confidence would show on so many posts; "
        "few posts make the error look larger than it is."
    )


def _show_curve(judged: Judged) -> None:
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
            }
            for b in bins
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
        .mark_point(filled=True, size=70, color=BLUE, opacity=1)
        .encode(x=x, y="accuracy:Q", tooltip=["posts", "confidence", "accuracy"])
    )
    bars = (
        alt.Chart(frame.assign(none=0))
        .mark_bar(color=BLUE, opacity=0.55, binSpacing=2)
        .encode(
            x=alt.X("from:Q", scale=alt.Scale(domain=[0, 1]), title="confidence"),
            x2="to:Q",
            y=alt.Y("posts:Q", title="posts", axis=alt.Axis(tickCount=3)),
            y2="none:Q",
            tooltip=["from", "to", "posts"],
        )
        .properties(height=110)
    )
    gap = errors().gaps(judged)[0]
    said = f"Expected calibration error {gap.error:.3f} [{gap.low:.3f}, {gap.high:.3f}]"
    curve = (diagonal + rule + points).properties(height=240)
    st.altair_chart(curve, alt=f"Calibration curve: accuracy against confidence. {said}.")
    st.altair_chart(bars, alt="Histogram of confidence")
    st.caption(f"{said}: on the dashed line confidence is exactly right.")
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


def _show_threshold(judged: Judged) -> None:
    known = {t.at: t for t in errors().thresholds(judged)}
    state.follow(_AT, "at", "50")
    raw = st.session_state[_AT]
    if not isinstance(raw, int):
        st.session_state[_AT] = min(int(raw), 100) if str(raw).isdecimal() else 50
    at = st.slider("Answer from a confidence of", 0, 100, format="%d %%", key=_AT, on_change=_moved)
    t = known[round(at / 100, 4)]
    share = t.wrong / t.answered if t.answered else 0.0
    with st.grid(2, min_column_width=150):
        for address, name, n in (
            ("answered", "answered", t.answered),
            ("answeredwrong", "of them wrong", t.wrong),
            ("withheld", "held back", t.spared + t.lost),
        ):
            st.button(
                f"**{n:,}** {name}",
                key=f"errors_{address}",
                on_click=put_selection,
                args=(f"{address}:{at / 100:.2f}",),
                width="stretch",
            )
        st.metric("Errors among answers", f"{share:.1%}")
    st.caption(
        f"Holding back {t.spared + t.lost:,} posts spares {t.spared:,} errors and costs "
        f"{t.lost:,} right answers."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wrong = st.number_input("Cost of an error", 0.0, value=5.0, step=1.0, key=_WRONG)
        held = st.number_input("Cost of no answer", 0.0, value=1.0, step=1.0, key=_HELD)
    costs = {place: one.cost(wrong, held) for place, one in known.items()}
    best = min(costs, key=lambda place: costs[place])
    line = pd.DataFrame({"threshold": list(costs), "cost": list(costs.values())})
    x = alt.X("threshold:Q", scale=alt.Scale(domain=[0, 1]))
    chart = alt.Chart(line).mark_line(color=BLUE)
    chart = chart.encode(x=x, y="cost:Q", tooltip=["threshold", "cost"])
    here = alt.Chart(pd.DataFrame({"x": [at / 100]})).mark_rule(color="gray").encode(x="x:Q")
    st.altair_chart(
        (chart + here).properties(height=150), alt=f"Cost by threshold, least at {best}"
    )
    st.caption(
        f"Here it costs {costs[round(at / 100, 4)]:,.0f}; least, {costs[best]:,.0f}, "
        f"from a confidence of {best:.0%}."
    )


def _moved() -> None:
    state.put({"at": st.session_state[_AT]}, own=True)
