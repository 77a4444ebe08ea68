"""Answer only when confident: the posts on either side of a threshold, and their cost."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from app.components.errors.charts import BLUE, picking, show_chart
from app.components.errors.tables import show_selection_button
from app.data import url_state
from app.data.error_analysis import errors
from backend.core.urls import parse_int
from backend.error_analysis import ScoredPredictions, Threshold

# Addresses of the posts on either side of a threshold.
SIDES = ("answered", "answeredwrong", "answeredright", "withheld", "spared", "lost")
_AT, _WRONG, _WITHHELD = "errors_at", "errors_cost_wrong", "errors_cost_held"


def show_threshold(scored: ScoredPredictions) -> None:
    """Show a slider for the threshold, the posts on either side of it, and the cost."""
    known = {round(t.at * 100): t for t in errors().thresholds(scored)}
    url_state.follow(_AT, "at", "50")
    raw = st.session_state[_AT]
    if not isinstance(raw, int):
        number = parse_int(raw)
        st.session_state[_AT] = 50 if number is None else min(number, 100)
    at = st.slider(
        "Minimum confidence to answer", 0, 100, format="%d %%", key=_AT, on_change=_moved
    )
    _show_posts(known[at])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wrong = st.number_input("Cost of a wrong answer", 0.0, value=5.0, step=1.0, key=_WRONG)
        withheld = st.number_input("Cost of no answer", 0.0, value=1.0, step=1.0, key=_WITHHELD)
    costs = {place: one.cost(wrong, withheld) for place, one in known.items()}
    best = min(costs, key=lambda place: costs[place])
    _show_costs(costs, at, f"errors_costs_{scored.model}")
    with st.container(horizontal=True, vertical_alignment="center"):
        text = f"Cost at {at} %: {costs[at]:,.0f}. Lowest cost: {costs[best]:,.0f}, at {best} %."
        st.caption(text, width="content")
        if best != at:
            st.button(f"Go to {best} %", key="errors_best", type="tertiary",
                      on_click=_go, args=(best,))  # fmt: skip
    st.caption("Enter what each outcome costs you. Click the curve to move the threshold.")


def _show_posts(t: Threshold) -> None:
    share = f" ({t.wrong / t.answered:.1%})" if t.answered else ""
    texts = (
        f"**{t.answered:,}** answered",
        f"**{t.wrong:,}** answered wrongly{share}",
        f"**{t.answered - t.wrong:,}** answered correctly",
        f"**{t.withheld_wrong + t.withheld_correct:,}** withheld",
        f"**{t.withheld_wrong:,}** wrong, withheld",
        f"**{t.withheld_correct:,}** correct, withheld",
    )
    columns = [column for column in st.columns(2) for _ in range(3)]
    for address, text, column in zip(SIDES, texts, columns, strict=True):
        with column:
            posts = f"{address}:{t.at:.2f}"
            show_selection_button(text, posts, key=f"errors_{address}", width="stretch")


def _show_costs(costs: Mapping[int, float], at: int, key: str) -> None:
    line = pd.DataFrame({"percent": list(costs), "cost": list(costs.values())})
    x = alt.X("percent:Q", scale=alt.Scale(domain=[0, 100]), title="threshold (%)")
    chart = alt.Chart(line)
    shown = chart.mark_line(color=BLUE).encode(x=x, y="cost:Q")
    points = chart.mark_point(filled=True, size=60, opacity=0, color=BLUE)
    points = points.encode(x=x, y="cost:Q", tooltip=["percent", "cost"])
    here = alt.Chart(pd.DataFrame({"x": [at]})).mark_rule(color="gray").encode(x="x:Q")
    layers = here + shown + points.add_params(picking("percent", nearest=True))
    show_chart(
        layers.properties(height=150), key, "Cost by threshold", "percent",
        lambda percent: _go(int(percent)),
    )  # fmt: skip


def _moved() -> None:
    percent = st.session_state[_AT]
    url_state.put({"at": percent, **_moved_selection(percent)}, own=True)


def _go(percent: int) -> None:
    url_state.put({"at": percent, **_moved_selection(percent)})


def _moved_selection(percent: int) -> dict[str, str | None]:
    """The address of the shown posts, moved to a new threshold."""
    kind = url_state.get("sel").partition(":")[0]
    return {"sel": f"{kind}:{percent / 100:.2f}", "offset": None} if kind in SIDES else {}
