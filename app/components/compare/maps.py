"""Two sides on one map: each cluster in the colour of its growth."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.common.markup import dot, plain, show
from app.common.palette import SENTIMENT_COLOURS, counted, shortened
from app.components.maps.canvas.mount import MapView, draw
from app.data.map_colours import GREY, NONE, Paint
from app.data.map_payload import quantised
from app.data.maps import place_of_name
from backend.domain import Kind
from backend.workspace.sides import TwoSides

GREW, SHRANK, SAME = SENTIMENT_COLOURS["positive"], SENTIMENT_COLOURS["negative"], "#9A97C9"
_NAMED = 4  # clusters without a difference whose name is shown all the same
STATES = {"new": GREW, "grew": GREW, "same": SAME, "shrank": SHRANK, "gone": SHRANK}


def show_maps(found: TwoSides, level: str, key: str) -> None:
    """Show both sides next to each other, in one frame."""
    sides = (found.one, found.two)
    every = np.concatenate([found.map.xy, *(side.xy for side in sides)])
    at, base = quantised(every), len(found.map.xy)
    labels = _names(at[:base], found, level)
    state_of = {g.group: g.state for g in found.growth}
    palette = tuple(STATES.values())
    order = list(STATES)
    start = base
    for number, (side, place) in enumerate(zip(sides, st.columns(2, gap="medium"), strict=True)):
        n = len(side.xy)
        visible = np.zeros(len(every), dtype=bool)
        visible[start : start + n] = True
        codes = np.full(len(every), NONE, dtype=np.uint8)
        states = [
            order.index(state_of.get(int(c), "same")) if c >= 0 else NONE for c in side.labels
        ]
        codes[start : start + n] = states
        start += n
        name = side.selection.origin
        with place:
            st.markdown(f"**{plain(name[:1].upper() + name[1:])}** · {counted(n, Kind.POST)}")
            draw(
                MapView(
                    at=at, paint=Paint("growth", codes, palette, tuple(order)),
                    name=f"sides|{key}|{number}", alt=f"Map of {n:,} posts, {name}",
                    visible=visible, selected=np.zeros(len(every), dtype=bool),
                    found=np.zeros(len(every), dtype=bool), labels=labels, height=420, quiet=True,
                    whole=True,
                ),
                key=f"side_{number}",
            )  # fmt: skip
            if side.missing:
                st.caption(f"{counted(side.missing, Kind.POST)} could not be placed.")
    show(
        '<div class="k-legend">'
        + "".join(
            f"<span>{dot(colour)}{text}</span>"
            for colour, text in (
                (GREW, "clusters that are new or grew"),
                (SHRANK, "that shrank or are gone"),
                (SAME, "no significant difference"),
                (GREY, "unclustered"),
            )
        )
        + "</div>"
    )


def _names(at: np.ndarray, found: TwoSides, level: str) -> list[dict[str, object]]:
    """Return the names of the clusters that differ, and of the largest others."""
    chosen = found.map.level(level)
    marks = []
    changed = [g for g in found.growth if g.state != "same"]
    same = sorted((g for g in found.growth if g.state == "same"), key=lambda g: -g.before_count)
    for growth in [*changed, *same[:_NAMED]][:24]:
        members = at[chosen.labels == growth.group]
        if len(members):
            text = shortened(chosen.clusters[growth.group].label, 30)
            marks.append({**place_of_name(members), "text": text, "id": growth.group})
    return marks
