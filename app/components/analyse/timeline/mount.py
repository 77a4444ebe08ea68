"""The time line component: what ``timeline.js`` draws and plays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app.common.palette import EMOTION_COLOURS, percent
from app.components.analyse.tints import Tint
from backend.domain import EMOTIONS_AND_NEUTRAL, Affect
from backend.media import inline_frame
from backend.text.reading import Reading, places
from backend.workspace.moments import Moment

HERE = Path(__file__).resolve().parent
THUMBNAIL = (160, 120)


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Register the component, once per process."""
    html, css, js = (
        (HERE / f"timeline.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )
    return st.components.v2.component("kindred_timeline", html=html, css=css, js=js)


def draw(
    player: str,
    seconds: float,
    moments: Sequence[Moment] = (),
    frames: Sequence[np.ndarray] = (),
    passages: Sequence[dict[str, Any]] = (),
) -> None:
    """Draw a time line.

    Parameters
    ----------
    player : str
        Key of the container that has the player.
    seconds : float
        Length of what it plays; 0 where only the player knows.
    moments : sequence of Moment
    frames : sequence of numpy.ndarray
        ``(height, width, 3)`` uint8, evenly spread.
    passages : sequence of dict
        See `passages_of`.
    """
    used = [e for e in EMOTIONS_AND_NEUTRAL if any(m.affect.top == e for m in moments)]
    data = {
        "player": player,
        "seconds": seconds,
        "frames": [
            {
                "image": f"data:image/webp;base64,{inline_frame(frame, THUMBNAIL)}",
                "start": number / len(frames),
                "label": f"Frame {number + 1} of {len(frames)}: play from here",
            }
            for number, frame in enumerate(frames)
        ],
        "moments": [
            {"start": m.start, "end": m.end, "colour": _shade(m.affect), "label": _label(m.affect)}
            for m in moments
        ],
        "legend": [{"name": name, "colour": EMOTION_COLOURS[name]} for name in used],
        "passages": list(passages),
    }
    _component()(key=f"{player}_timeline", data=data)


def passages_of(
    reading: Reading, tints: Sequence[Tint], start: float, whole: float
) -> list[dict[str, Any]]:
    """Return what is said, cut at the words that are tinted.

    Parameters
    ----------
    reading : Reading
        Of a sound.
    tints : sequence of Tint
        Ascending, in characters of the reading.
    start : float
        Second of the player at which the sound that was read begins.
    whole : float
        Seconds of the player.
    """
    passages = []
    for passage, (first, last) in zip(reading.passages, places(reading), strict=True):
        pieces, at = [], first
        for tint in tints:
            if at <= tint.start and tint.end <= last:
                pieces += [
                    {"text": reading.text[at : tint.start]},
                    {
                        "text": reading.text[tint.start : tint.end],
                        "style": tint.background,
                        "label": tint.label,
                    },
                ]
                at = tint.end
        pieces.append({"text": reading.text[at:last]})
        begin, end = (second + start for second in passage.where)
        passages.append(
            {
                "start": begin / whole,
                "end": end / whole,
                "clock": f"{int(begin // 60)}:{int(begin % 60):02d}",
                "pieces": [piece for piece in pieces if piece["text"]],
            }
        )
    return passages


def _shade(affect: Affect) -> str:
    """Return the colour of the strongest emotion, the fainter the less probable it is."""
    share = 25 + 75 * _probability(affect)
    return f"color-mix(in srgb, {EMOTION_COLOURS[affect.top]} {share:.0f}%, transparent)"


def _label(affect: Affect) -> str:
    return f"{affect.top.capitalize()}, {percent(_probability(affect))}: play from here"


def _probability(affect: Affect) -> float:
    return affect.neutral if affect.top == "neutral" else affect.emotion[affect.top]
