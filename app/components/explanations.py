"""Why a post got its prediction: words, regions, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from app.components.markup import esc, show
from app.components.palette import EMOTION_COLOURS, SENTIMENT_COLOURS
from app.components.pictures import heat
from backend.posts import Picture, Sound, Span


def target_colour(target: str) -> str:
    """Colour of an emotion or a sentiment label."""
    return {**SENTIMENT_COLOURS, **EMOTION_COLOURS}.get(target, "#6E6B66")


def _relative(spans: Sequence[Span]) -> float:
    return max((abs(span.weight) for span in spans), default=0.0) or 1.0


def show_words(text: str, spans: Sequence[Span], target: str) -> None:
    """Show a text with its words tinted by what they add.

    Parameters
    ----------
    text : str
    spans : sequence of Span
        With character positions; need not cover the text.
    target : str
        What is explained.
    """
    colour, peak = target_colour(target), _relative(spans)
    parts, end = [], 0
    for span in sorted(spans, key=lambda s: s.where):
        first, last = int(span.where[0]), int(span.where[1])
        if first < end:
            continue
        parts.append(esc(text[end:first]))
        share = abs(span.weight) / peak
        if span.weight > 0:
            style = f"background:color-mix(in srgb, {colour} {8 + 62 * share:.0f}%, transparent)"
        else:
            style = f"background:none;border-bottom:2px dotted rgba(128,128,128,{share:.2f})"
        said = f"{span.weight:+.3f}"
        word = esc(text[first:last])
        parts.append(
            f'<mark style="{style}" title="{said}">{word}</mark>' if share > 0.05 else word
        )
        end = last
    parts.append(esc(text[end:]))
    show(f'<p class="k-quote" dir="auto">{"".join(parts)}</p>')
    strong = sorted((s for s in spans if s.weight > 0), key=lambda s: -s.weight)[:3]
    if strong:
        words = ", ".join(f"{esc(s.label)} ({s.weight:+.2f})" for s in strong)
        show(f'<div class="k-note">Most weight: {words}. Dotted words speak against it.</div>')
    else:
        show(f'<div class="k-note">No word speaks for {esc(target)}.</div>')


def show_regions(picture: Picture, spans: Sequence[Span], target: str) -> None:
    """Show a picture with the regions that add to the prediction.

    Parameters
    ----------
    picture : Picture
    spans : sequence of Span
        With boxes in shares of width and height.
    target : str
        What is explained.
    """
    cells = [(span.where, span.weight) for span in spans]
    st.image(
        heat(picture, cells, target_colour(target)),
        width="stretch",
        alt=f"Your image with the regions that speak for {target} tinted",
    )
    best = max(spans, key=lambda s: s.weight)
    if best.weight > 0:
        where = _place(best.where)
        like = f", it looks like {esc(best.label)}" if best.label else ""
        show(
            f'<div class="k-note">Most weight: {where} ({best.weight:+.2f}){like}. '
            "Grey regions speak against it.</div>"
        )
    else:
        show(f'<div class="k-note">No region speaks for {esc(target)}.</div>')


def _place(box: tuple[float, ...]) -> str:
    """Say where a box lies."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    row = "top" if y < 0.36 else "bottom" if y > 0.64 else "middle"
    column = "left" if x < 0.36 else "right" if x > 0.64 else "centre"
    return "the centre" if (row, column) == ("middle", "centre") else f"the {row} {column}"


def timeline(sound: Sound, spans: Sequence[Span], target: str) -> go.Figure:
    """Draw a waveform, tinted where it adds to the prediction.

    Parameters
    ----------
    sound : Sound
    spans : sequence of Span
        With first and last second.
    target : str
        What is explained.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    bars = 160
    edges = np.linspace(0, len(sound.samples), bars + 1).astype(int)
    loud = np.array(
        [np.abs(sound.samples[a:b]).max() if b > a else 0.0 for a, b in pairwise(edges)]
    )
    middle = (edges[:-1] + edges[1:]) / 2 / sound.rate
    weight = np.zeros(bars)
    for span in spans:
        weight[(middle >= span.where[0]) & (middle < span.where[1])] = span.weight
    share = np.clip(weight / _relative(spans), 0, 1)
    rgb = ",".join(str(int(target_colour(target)[i : i + 2], 16)) for i in (1, 3, 5))
    colours = [
        f"rgba({rgb},{0.35 + 0.65 * s:.2f})" if s > 0.05 else "rgba(128,128,128,0.35)"
        for s in share
    ]
    chart = go.Figure(
        go.Bar(
            x=middle,
            y=2 * np.maximum(loud, 0.01),
            base=-np.maximum(loud, 0.01),
            marker={"color": colours, "line": {"width": 0}},
            customdata=weight,
            hovertemplate="%{x:.1f} s: %{customdata:+.3f}<extra></extra>",
        )
    )
    chart.update_layout(
        height=130,
        bargap=0.25,
        margin={"l": 0, "r": 0, "t": 6, "b": 24},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        yaxis={"visible": False, "fixedrange": True},
        xaxis={"ticksuffix": " s", "showgrid": False, "zeroline": False, "fixedrange": True},
    )
    return chart


def show_seconds(sound: Sound, spans: Sequence[Span], target: str, *, key: str) -> None:
    """Show when a sound adds to the prediction.

    Parameters
    ----------
    sound : Sound
    spans : sequence of Span
        With first and last second.
    target : str
        What is explained.
    key : str
        Of the chart.
    """
    st.plotly_chart(
        timeline(sound, spans, target),
        key=key,
        config={"displayModeBar": False},
        alt=f"Waveform of your sound, tinted in the seconds that speak for {target}",
    )
    best = max(spans, key=lambda s: s.weight)
    if best.weight > 0:
        like = f", it sounds like {esc(best.label)}" if best.label else ""
        show(
            f'<div class="k-note">Most weight: seconds {best.where[0]:.0f} to '
            f"{best.where[1]:.0f} ({best.weight:+.2f}){like}.</div>"
        )
    else:
        show(f'<div class="k-note">No second speaks for {esc(target)}.</div>')


def show_concepts(title: str, concepts: Sequence[tuple[str, float]]) -> None:
    """Show the concepts between a picture or a sound and its emotion."""
    if not concepts:
        return
    chips = "".join(
        f"<span>{esc(name)} <small>{share:.0%}</small></span>" for name, share in concepts[:8]
    )
    show(f'<div class="k-label">{esc(title)}</div><div class="k-chips">{chips}</div>')
