"""Answer only when sure: the posts at a threshold, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from app.components.errors.charts import BLUE, picking, show_chart
from app.components.errors.tables import put_selection
from app.data import url_state
from app.data.error_analysis import errors
from backend.core.urls import parse_int
from backend.error_analysis import ScoredPredictions, Threshold

# Addresses of the posts on either side of a threshold.
SIDES = ("answered", "answeredwrong", "answeredright", "withheld", "spared", "lost")
_AT, _WRONG, _HELD = "errors_at", "errors_cost_wrong", "errors_cost_held"


def show_threshold(judged: ScoredPredictions) -> None:
    """Show a slider of the least confidence, the posts on either side, and the cost.

    Parameters
    ----------
    judged : ScoredPredictions
    """
    known = {round(t.at * 100): t for t in errors().thresholds(judged)}
    url_state.follow(_AT, "at", "50")
    raw = st.session_state[_AT]
    if not isinstance(raw, int):
        asked = parse_int(raw)
        st.session_state[_AT] = 50 if asked is None else min(asked, 100)
    at = st.slider("Answer from a confidence of", 0, 100, format="%d %%", key=_AT, on_change=_moved)
    _show_posts(known[at])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wrong = st.number_input("Cost of an error", 0.0, value=5.0, step=1.0, key=_WRONG)
        held = st.number_input("Cost of no answer", 0.0, value=1.0, step=1.0, key=_HELD)
    costs = {place: one.cost(wrong, held) for place, one in known.items()}
    best = min(costs, key=lambda place: costs[place])
    _show_costs(costs, at, f"errors_costs_{judged.model}")
    with st.container(horizontal=True, vertical_alignment="center"):
        said = f"Here it costs {costs[at]:,.0f}; least, {costs[best]:,.0f}, from {best} % on."
        st.caption(said, width="content")
        if best != at:
            st.button(f"Go to {best} %", key="errors_best", type="tertiary",
                      on_click=_go, args=(best,))  # fmt: skip
    st.caption("An error costs what you say, a post without an answer too; click the line to go.")


def _show_posts(t: Threshold) -> None:
    share = f" ({t.wrong / t.answered:.1%})" if t.answered else ""
    said = (
        f"**{t.answered:,}** answered",
        f"**{t.wrong:,}** answered wrongly{share}",
        f"**{t.answered - t.wrong:,}** answered rightly",
        f"**{t.spared + t.lost:,}** held back",
        f"**{t.spared:,}** wrong ones held back",
        f"**{t.lost:,}** right ones held back",
    )
    columns = [column for column in st.columns(2) for _ in range(3)]
    for address, words, column in zip(SIDES, said, columns, strict=True):
        column.button(
            words,
            key=f"errors_{address}",
            on_click=put_selection,
            args=(f"{address}:{t.at:.2f}",),
            width="stretch",
        )


def _show_costs(costs: Mapping[int, float], at: int, key: str) -> None:
    line = pd.DataFrame({"percent": list(costs), "cost": list(costs.values())})
    x = alt.X("percent:Q", scale=alt.Scale(domain=[0, 100]), title="answered from (%)")
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
    url_state.put({"at": percent, **_along(percent)}, own=True)


def _go(percent: int) -> None:
    url_state.put({"at": percent, **_along(percent)})


def _along(percent: int) -> dict[str, str | None]:
    """The posts that are open stay those of the slider's threshold."""
    kind = url_state.get("sel").partition(":")[0]
    return {"sel": f"{kind}:{percent / 100:.2f}", "offset": None} if kind in SIDES else {}
