"""The colours of a map's points by a column, at most 255, and their legend."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS, subset_title
from backend.domain import EMOTIONS
from backend.maps import Column
from backend.text.language_names import language

NONE = 255  # code of a point without a value, drawn in grey
GREY = "#8C8A84"
_STEPS = 255
# Muted, and spread in lightness so that neighbours stay distinct for colour-blind eyes.
CATEGORIES = (
    "#5B56B8", "#2A8F9C", "#C2703D", "#6E9E4F", "#B25C8E", "#C69A2B", "#4C78C4", "#CF5F57",
    "#3A8F6A", "#8F63B3", "#7C7A3A", "#4FAFC8", "#A0705A", "#D38FA8", "#7F93B8", "#94B86A",
)  # fmt: skip
_RAMP = ("#5B5F97", "#3F9C95", "#E3B23C")  # visible on light and on dark backgrounds
_SKEWED = {"posts"}


@dataclass(frozen=True, slots=True, eq=False)
class Paint:
    """A colour for each point.

    Attributes
    ----------
    name : str
        The column.
    codes : numpy.ndarray
        ``(n,)`` uint8 into `palette`; `NONE` where there is no value.
    palette : tuple of str
        ``#rrggbb``.
    entries : tuple of str
        Name of each colour of the palette; empty for numbers.
    limits : tuple of float or None
        For numbers: the values of the first and the last colour.
    """

    name: str
    codes: np.ndarray
    palette: tuple[str, ...]
    entries: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None


def title(column: str) -> str:
    """Return the title of a column.

    Examples
    --------
    >>> title("cluster (broad)"), title("positive"), title("label: genre")
    ('Cluster (broad)', 'Positive', 'Label: genre')
    """
    titles = {"positive": "Positive", "posts": "Number of posts", "modalities": "Modalities"}
    return titles.get(column, column[:1].upper() + column[1:])


def no_value(column: str) -> str:
    """Name the points that have no value in a column."""
    return "unclustered" if column.startswith("cluster") else "no value"


def value_name(column: str, value: str, sources: dict[str, str] | None = None) -> str:
    """Return the name of a value of a column."""
    if column == "language":
        return language(value)
    if column == "modalities":
        return subset_title(value) if value else "nothing"
    if column == "source":
        return (sources or {}).get(value, value)
    return value


def paint(column: Column, sources: dict[str, str] | None = None) -> Paint:
    """Colour the points of a map by a column; `sources` maps sources to their titles."""
    if column.categories is None:
        return _numbers(column)
    codes = np.asarray(column.values)
    # If there are more values than colours, the rarest are grey like those without a value.
    codes = np.where((codes < 0) | (codes >= _STEPS), NONE, codes).astype(np.uint8)
    palette = tuple(_category(column.name, c, i) for i, c in enumerate(column.categories[:_STEPS]))
    entries = tuple(value_name(column.name, c, sources) for c in column.categories[:_STEPS])
    return Paint(column.name, codes, palette, entries)


def _category(column: str, value: str, at: int) -> str:
    if column == "emotion":
        return EMOTION_COLOURS.get(value, GREY)
    if column == "sentiment":
        return SENTIMENT_COLOURS.get(value, GREY)
    if at < len(CATEGORIES):
        return CATEGORIES[at]
    # Any number of further hues: golden angle, alternating lightness.
    hue = (0.11 + at * 0.61803398875) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, (0.48, 0.6, 0.38)[at % 3], 0.38)
    return f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}"


def _numbers(column: Column) -> Paint:
    values = np.asarray(column.values, dtype=np.float32)
    known = np.isfinite(values)
    codes = np.full(len(values), NONE, dtype=np.uint8)
    low, high = 0.0, 1.0
    if known.any():
        # Without the percentiles a few extremes would use up the scale.
        low, high = (float(v) for v in np.percentile(values[known], (2, 98)))
        if high <= low:
            low, high = float(values[known].min()), float(values[known].max())
        scaled = _skew(column.name, values[known], low, high)
        codes[known] = np.round(np.clip(scaled, 0, 1) * (_STEPS - 1)).astype(np.uint8)
    return Paint(column.name, codes, ramp(_stops(column.name)), (), (low, high))


def _skew(name: str, values: np.ndarray, low: float, high: float) -> np.ndarray:
    if name in _SKEWED and low > 0:
        values, low, high = np.log(values), float(np.log(low)), float(np.log(high))
    return (values - low) / ((high - low) or 1.0)


def _stops(name: str) -> Sequence[str]:
    if name == "positive":
        return (SENTIMENT_COLOURS["negative"], "#A9A59D", SENTIMENT_COLOURS["positive"])
    if name in EMOTIONS:
        return ("#A9A59D", EMOTION_COLOURS[name])
    return _RAMP


def ramp(stops: Sequence[str], steps: int = _STEPS) -> tuple[str, ...]:
    """Interpolate evenly between colours.

    Examples
    --------
    >>> ramp(["#000000", "#FFFFFF"], 3)
    ('#000000', '#808080', '#FFFFFF')
    """
    rgb = np.array([[int(s[i : i + 2], 16) for i in (1, 3, 5)] for s in stops], dtype=float)
    at = np.linspace(0, len(stops) - 1, steps)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), rgb[:, c]) for c in range(3)], axis=1)
    return tuple("#{:02X}{:02X}{:02X}".format(*np.round(c).astype(int)) for c in mixed)
