"""Plutchik's wheel: one petal for each emotion, as long as its probability.

Plain markup appears with the page and follows the theme. A chart library of several
megabytes would have to be fetched and started first.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin

from app.common.markup import esc, show
from app.common.palette import EMOTION_COLOURS
from backend.domain import EMOTIONS

STEP = 360 / len(EMOTIONS)
FULL = 0.35  # a petal reaches the rim at this probability, or at the strongest one if higher
TIP, NAMES = 37.0, 45.5  # per cent of the width: tips of the petals, names


def petals(emotion: Mapping[str, float], full: float = FULL) -> dict[str, float]:
    """Return the length of each petal as a share of the radius.

    The strongest reaches the rim, unless even that is weak.

    Parameters
    ----------
    emotion : mapping of str to float
        A probability for each of the eight.
    full : float
        The lowest probability that reaches the rim.

    Returns
    -------
    dict of str to float
        In the order of the wheel.
    """
    rim = max(full, *(emotion[e] for e in EMOTIONS))
    return {e: emotion[e] / rim for e in EMOTIONS}


def describe(emotion: Mapping[str, float]) -> str:
    """Describe the wheel in one sentence for screen readers."""
    order = sorted(EMOTIONS, key=lambda e: -emotion[e])
    return "Emotion wheel: " + ", ".join(f"{e} {emotion[e]:.0%}" for e in order)


def drawing(emotion: Mapping[str, float], full: float = FULL) -> str:
    """Return the markup of the wheel; the parameters are those of `petals`."""
    parts = ['<span class="k-ring" style="--r:.33"></span><span class="k-ring" style="--r:.66">']
    parts.append('</span><span class="k-ring" style="--r:1"></span>')
    for i, (name, length) in enumerate(petals(emotion, full).items()):
        angle = i * STEP
        x, y = 50 + NAMES * sin(radians(angle)), 50 - NAMES * cos(radians(angle))
        style = (
            f"height:{max(length, 0.05) * TIP:.2f}%;transform:translateX(-50%) "
            f"rotate({angle:g}deg);background:{EMOTION_COLOURS[name]};"
            f"opacity:{0.6 + 0.4 * length:.2f}"
        )
        tooltip = f"{name} {emotion[name]:.0%}"
        parts.append(f'<i style="{style}" title="{esc(tooltip)}"></i>')
        parts.append(
            f'<span class="k-name" style="left:{x:.1f}%;top:{y:.1f}%">'
            f"<b>{esc(name)}</b><br>{emotion[name]:.0%}</span>"
        )
    return (
        f'<div class="k-wheel" role="img" aria-label="{describe(emotion)}">{"".join(parts)}</div>'
    )


def wheel(emotion: Mapping[str, float], full: float = FULL) -> None:
    """Show the wheel; the parameters are those of `petals`."""
    show(drawing(emotion, full))
