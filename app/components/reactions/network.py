"""The network of users: on their map, with the links between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from app.common.palette import counted
from app.components.shared.actions import show_segments
from app.data import url_state
from app.data.reactions import MOST_LINKS, TITLES, drawing, kinds, palette
from backend.domain import Kind

if TYPE_CHECKING:
    from backend.workspace.reactions import ReactionNetwork

COLOURS = {"community": "Community", "cluster": "Content cluster"}
_KINDS = "reaction_kinds"
NAMED_BRIDGES, NAME = 1, "#B5612F"  # a colour that is read on light and on dark


def show_controls(counts: dict[str, int]) -> str:
    """Let the visitor choose kinds of reactions and what colours mean; return the latter."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offered = [kind for kind in TITLES if kind in counts]
        st.session_state[_KINDS] = [kind for kind in kinds() if kind in offered]
        st.segmented_control(
            "Reactions",
            offered,
            key=_KINDS,
            selection_mode="multi",
            format_func=lambda kind: f"{TITLES[kind]} ({counts[kind]:,})",
            on_change=_kinds_changed,
            args=(len(offered),),
            wrap=True,
        )
        return show_segments(
            "Colours", COLOURS, key="reaction_colour", name="colour", default="community"
        )


def _kinds_changed(offered: int) -> None:
    chosen = st.session_state[_KINDS]
    url_state.put({"kinds": "|".join(chosen) if 0 < len(chosen) < offered else None})


def show_network(whole: ReactionNetwork, colour: str) -> None:
    """Draw the users where they lie on their map, and the strongest links."""
    points, links, names = drawing(colour, kinds())
    if not len(points):
        st.info(
            "None of these users lies on a map of users. Build the maps on the page Users.",
            icon=":material/map:",
        )
        return
    bridges = {bridge.user for bridge in whole.communities.bridges[:NAMED_BRIDGES]}
    names_of_bridges = (
        alt.Chart(points[points["user"].isin(bridges)])
        .mark_text(dy=-16, fontSize=13, fontWeight="bold", color=NAME)
        .encode(**_axes(), text="name:N")
    )
    st.altair_chart(
        (_lines(links) + _dots(points, names, colour) + names_of_bridges).properties(height=560),
        alt=f"Network of {len(points):,} users with {len(links):,} links, coloured by "
        f"{COLOURS[colour].lower()}",
        width="stretch",
    )
    st.caption(_describe(whole, len(points), len(links)))


def _axes() -> dict[str, alt.X | alt.Y]:
    hidden = alt.Axis(labels=False, ticks=False, grid=False, domain=False, title=None)
    whole_range = alt.Scale(zero=False, nice=False, padding=14)
    return {
        "x": alt.X("x:Q", axis=hidden, scale=whole_range),
        "y": alt.Y("y:Q", axis=hidden, scale=whole_range),
    }


def _lines(links: pd.DataFrame) -> alt.Chart:
    """Draw the links, the more reactions the wider."""
    most = int(links["weight"].max()) if len(links) else 1
    return (
        alt.Chart(links)
        .mark_rule(color="#8C8A84")
        .encode(
            **_axes(),
            x2="x2:Q",
            y2="y2:Q",
            strokeWidth=alt.StrokeWidth(
                "weight:Q", scale=alt.Scale(domain=[1, max(most, 2)], range=[0.3, 4]), legend=None
            ),
            opacity=alt.value(0.22),
        )
    )


def _dots(points: pd.DataFrame, names: list[str], colour: str) -> alt.Chart:
    """Draw the users, the more reactions the larger, in the colours of their groups."""
    used = [name for name in names if name in set(points["group"])]
    colours = palette(names)
    return (
        alt.Chart(points)
        .mark_circle(opacity=0.95, stroke="white", strokeWidth=0.6)
        .encode(
            **_axes(),
            size=alt.Size("reactions:Q", scale=alt.Scale(range=[30, 500]), legend=None),
            color=alt.Color(
                "group:N",
                scale=alt.Scale(domain=used, range=[colours[names.index(n)] for n in used]),
                legend=alt.Legend(
                    title=COLOURS[colour],
                    orient="bottom",
                    columns=2,  # as many as a phone has room for
                    labelLimit=140,
                    symbolStrokeWidth=0,
                    symbolSize=90,
                ),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="User"),
                alt.Tooltip("group:N", title=COLOURS[colour]),
                alt.Tooltip("reactions:Q", title="Reactions to and from"),
            ],
        )
    )


def _describe(whole: ReactionNetwork, points: int, links: int) -> str:
    net = whole.network
    unplaced = int(np.isnan(whole.xy[:, 0]).sum())
    parts = [f"{points:,} of {counted(len(net.users), Kind.USER)}"]
    strongest = "the strongest " if links == MOST_LINKS else ""
    parts.append(f"{strongest}{links:,} of {whole.communities.links:,} links between them")
    if unplaced:
        parts.append(f"{unplaced:,} have no place on the map of users")
    if net.outside:
        parts.append(f"{net.outside:,} reactions are to posts or users outside this corpus")
    meaning = "Who posts alike lies close together; lines are reactions; the first bridge is named."
    return f"{'; '.join(parts)}. {meaning}"
