"""Plutchik's wheel: one petal for each emotion, as long as its probability.

Plain markup appears with the page and follows the theme. A chart library of several
megabytes would have to be fetched and started first.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin

from app.common.markup import esc, show
from app.common.palette import EMOTION_COLOURS, percent
from backend.domain import EMOTIONS

STEP = 360 / len(EMOTIONS)
TIP, NAMES = 37.0, 45.5  # per cent of the width: tips of the petals, names
RIMS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # scales for means of many posts
RINGS = (0.25, 0.5, 0.75, 1.0)
LABELLED = (0.5, 1.0)  # the rings that say what they stand for


def rim_of(emotion: Mapping[str, float]) -> float:
    """Return the smallest of `RIMS` that holds every petal."""
    return next((rim for rim in RIMS if rim >= max(emotion.values())), 1.0)


def petals(emotion: Mapping[str, float], rim: float = 1.0) -> dict[str, float]:
    """Return the length of each petal as a share of the radius.

    Parameters
    ----------
    emotion : mapping of str to float
        A probability for each of the eight.
    rim : float
        The probability at the rim.

    Returns
    -------
    dict of str to float
        In the order of the wheel.
    """
    return {e: min(emotion[e] / rim, 1.0) for e in EMOTIONS}


def describe(emotion: Mapping[str, float]) -> str:
    """Describe the wheel in one sentence for screen readers."""
    order = sorted(EMOTIONS, key=lambda e: -emotion[e])
    return "Emotion wheel: " + ", ".join(f"{e} {percent(emotion[e])}" for e in order)


def drawing(emotion: Mapping[str, float], rim: float = 1.0) -> str:
    """Return the markup of the wheel; the parameters are those of `petals`."""
    parts = [f'<span class="k-ring" style="--r:{ring:g}"></span>' for ring in RINGS]
    for i, (name, length) in enumerate(petals(emotion, rim).items()):
        angle = i * STEP
        x, y = 50 + NAMES * sin(radians(angle)), 50 - NAMES * cos(radians(angle))
        style = (
            f"height:{max(length, 0.05) * TIP:.2f}%;transform:translateX(-50%) "
            f"rotate({angle:g}deg);background:{EMOTION_COLOURS[name]};"
            f"opacity:{0.6 + 0.4 * length:.2f}"
        )
        share = esc(percent(emotion[name]))
        parts.append(f'<i style="{style}" title="{esc(name)} {share}"></i>')
        parts.append(
            f'<span class="k-name" style="left:{x:.1f}%;top:{y:.1f}%">'
            f"<b>{esc(name)}</b><br>{share}</span>"
        )
    parts += [_scale(ring, rim, _gap(emotion)) for ring in LABELLED]
    label = esc(describe(emotion))
    return f'<div class="k-wheel" role="img" aria-label="{label}">{"".join(parts)}</div>'


def _gap(emotion: Mapping[str, float]) -> float:
    """Return the angle between the two neighbours whose petals leave most room."""
    following = {e: EMOTIONS[(i + 1) % len(EMOTIONS)] for i, e in enumerate(EMOTIONS)}
    first = min(EMOTIONS, key=lambda e: max(emotion[e], emotion[following[e]]))
    return (EMOTIONS.index(first) + 0.5) * STEP


def _scale(ring: float, rim: float, angle: float) -> str:
    """Label a ring."""
    x, y = 50 + ring * TIP * sin(radians(angle)), 50 - ring * TIP * cos(radians(angle))
    return f'<span class="k-tick" style="left:{x:.1f}%;top:{y:.1f}%">{100 * ring * rim:g}%</span>'


def wheel(emotion: Mapping[str, float], rim: float = 1.0) -> None:
    """Show the wheel; the parameters are those of `petals`."""
    show(drawing(emotion, rim))
