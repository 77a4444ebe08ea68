"""Shares and means over time as small charts, each with its interval."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np

from app.common.markup import dot, esc, show
from app.components.shared.charts import percent
from app.data.map_colours import GREY
from backend.trends import Line, Steps

WIDE, HIGH = 240, 56


def show_lines(
    steps: Steps, lines: Sequence[Line], colours: Mapping[str, str], *, fewest: int = 1
) -> None:
    """Show lines as small charts of one scale, with the last value of each.

    Steps of fewer than `fewest` posts have no value.
    """
    known = [np.nanmax(line.high[line.counts > 3]) for line in lines if (line.counts > 3).any()]
    known = known or [np.nanmax(line.values) for line in lines if np.isfinite(line.values).any()]
    full = min(max([0.05, *map(float, known)]), 1.0)
    charts = "".join(_chart(line, colours.get(line.name, GREY), full) for line in lines)
    show(
        f'<div class="k-lines">{charts}</div><div class="k-note">{esc(steps.span())}, '
        f"by {steps.unit}. Each chart goes from 0 to {full:.0%}. Band: 95 % "
        f"interval; steps {f'of fewer than {fewest}' if fewest > 1 else 'without'} posts are left "
        "out.</div>"
    )


def _chart(line: Line, colour: str, full: float) -> str:
    known = np.flatnonzero(np.isfinite(line.values))
    if not len(known):
        return ""
    last = max(len(line.values) - 1, 1)
    x = known / last * WIDE

    def y(values: np.ndarray) -> np.ndarray:
        return np.asarray(HIGH - np.clip(values[known] / full, 0, 1) * HIGH)

    middle, low, high = y(line.values), y(line.low), y(line.high)
    band = _points(x, high) + " " + _points(x[::-1], low[::-1])
    first, final = float(line.values[known[0]]), float(line.values[known[-1]])
    description = f"{line.name}: {first:.0%} at first, {final:.0%} at last"
    n = int(line.counts.sum())
    # Streamlit removes SVG from markup, but not pictures.
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" '
        f'preserveAspectRatio="none"><polygon points="{band}" fill="{colour}" opacity=".28"/>'
        f'<polyline points="{_points(x, middle)}" fill="none" stroke="{colour}" '
        'stroke-width="1.6" vector-effect="non-scaling-stroke"/></svg>'
    )
    picture = base64.b64encode(drawing.encode()).decode()
    return (
        f'<div class="k-line-chart"><div class="k-line-name" title="{esc(line.name)}">'
        f"{dot(colour)}{esc(line.name)}</div>"
        f'<img alt="{esc(description)}" src="data:image/svg+xml;base64,{picture}">'
        f'<div class="k-ends"><span>{n:,} posts</span>'
        f"<span>{esc(percent(round(final * 1000), 1000))} at last</span></div></div>"
    )


def _points(x: np.ndarray, y: np.ndarray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
