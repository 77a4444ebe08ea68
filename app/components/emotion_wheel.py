"""Plutchik's wheel: a petal an emotion, as long as its probability."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from app.components.palette import EMOTION_COLOURS
from backend.posts import EMOTIONS

STEP = 360 / len(EMOTIONS)


def _petal(centre: float, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Outline of a petal in polar coordinates.

    Parameters
    ----------
    centre : float
        Degrees.
    length : float
        From 0 to 1.

    Returns
    -------
    r, theta : numpy.ndarray
    """
    along = np.concatenate([np.linspace(0, 1, 25), np.linspace(1, 0, 25)])
    side = np.repeat([1.0, -1.0], 25)
    # Widest (90% of the sector) at about two thirds of the way, pointed at the tip.
    half = 0.45 * STEP * np.clip(1 - along**5, 0, 1) ** 0.8
    return length * along, centre + side * half


def figure(emotion: Mapping[str, float], *, height: int = 330, names: bool = True) -> go.Figure:
    """Draw the wheel.

    Parameters
    ----------
    emotion : mapping of str to float
        A probability for each of the eight.
    height : int
        Pixels.
    names : bool
        Whether each petal carries its name and number.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    chart = go.Figure()
    # Scale to the strongest, but never make weak evidence look strong.
    top = max(0.35, max(emotion[e] for e in EMOTIONS))
    for i, name in enumerate(EMOTIONS):
        r, theta = _petal(i * STEP, max(emotion[name] / top, 0.04))
        chart.add_trace(
            go.Scatterpolar(
                r=r,
                theta=theta,
                fill="toself",
                mode="lines",
                fillcolor=EMOTION_COLOURS[name],
                line={"color": EMOTION_COLOURS[name], "width": 1, "shape": "spline"},
                opacity=0.55 + 0.45 * min(emotion[name] / top, 1.0),
                name=name,
                hoveron="fills",
                hoverinfo="name",
            )
        )
    ticks = [f"<b>{e}</b><br>{emotion[e]:.0%}" if names else "" for e in EMOTIONS]
    chart.update_layout(
        height=height,
        showlegend=False,
        margin={"l": 50, "r": 50, "t": 40, "b": 40} if names else dict.fromkeys("lrtb", 6),
        paper_bgcolor="rgba(0,0,0,0)",
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {
                "range": [0, 1.1],
                "tickvals": [0.33, 0.66, 1.0],
                "showticklabels": False,
                "showline": False,
                "ticks": "",
                "gridcolor": "rgba(128,128,128,0.22)",
            },
            "angularaxis": {
                "rotation": 90,
                "direction": "clockwise",
                "tickvals": [i * STEP for i in range(len(EMOTIONS))],
                "ticktext": ticks,
                "showline": False,
                "showgrid": False,
                "ticks": "",
                "tickfont": {"size": 13, "color": "rgba(128,126,134,1)"},
            },
        },
    )
    return chart


def describe(emotion: Mapping[str, float]) -> str:
    """The wheel in one sentence, for who cannot see it."""
    order = sorted(EMOTIONS, key=lambda e: -emotion[e])
    return "Emotion wheel: " + ", ".join(f"{e} {emotion[e]:.0%}" for e in order)


def wheel(emotion: Mapping[str, float], *, key: str, height: int = 330) -> None:
    """Show the wheel.

    Parameters
    ----------
    emotion : mapping of str to float
    key : str
        Of the element.
    height : int
        Pixels.
    """
    st.plotly_chart(
        figure(emotion, height=height),
        key=key,
        config={"displayModeBar": False, "staticPlot": False},
        alt=describe(emotion),
    )
