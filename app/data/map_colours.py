"""A column as colours: at most 255 of them, with the legend that says what they mean."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS, language, subset_title
from backend.domain import EMOTIONS
from backend.maps import Column

NONE = 255  # the code of a point without a value, drawn in a quiet grey
GREY = "#8C8A84"
_STEPS = 255
# Muted, and spread in lightness so that neighbours stay apart for colour-blind eyes.
CATEGORIES = (
    "#5B56B8", "#2A8F9C", "#C2703D", "#6E9E4F", "#B25C8E", "#C69A2B", "#4C78C4", "#CF5F57",
    "#3A8F6A", "#8F63B3", "#7C7A3A", "#4FAFC8", "#A0705A", "#D38FA8", "#7F93B8", "#94B86A",
)  # fmt: skip
_RAMP = ("#5B5F97", "#3F9C95", "#E3B23C")  # seen on light and on dark grounds
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
        What each colour of the palette is called; empty for numbers.
    limits : tuple of float or None
        For numbers, the values of the first and the last colour.
    """

    name: str
    codes: np.ndarray
    palette: tuple[str, ...]
    entries: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None


def title(column: str) -> str:
    """How a column is called.

    Examples
    --------
    >>> title("cluster (broad)"), title("positive"), title("label: genre")
    ('Group (broad)', 'How positive', 'Label: genre')
    """
    known = {"positive": "How positive", "posts": "Number of posts", "modalities": "Made of"}
    if column in known:
        return known[column]
    name = column.replace("cluster", "group")
    return name[:1].upper() + name[1:]


def value_name(column: str, value: str, sources: dict[str, str] | None = None) -> str:
    """How a value of a column is called."""
    if column == "language":
        return language(value)
    if column == "modalities":
        return subset_title(value) if value else "nothing"
    if column == "source":
        return (sources or {}).get(value, value)
    return value


def paint(column: Column, sources: dict[str, str] | None = None) -> Paint:
    """Colour the points of a map by a column.

    Parameters
    ----------
    column : Column
    sources : dict of str to str, optional
        How sources are called.

    Returns
    -------
    Paint
    """
    if column.categories is None:
        return _numbers(column)
    n = len(column.categories)
    codes = np.asarray(column.values)
    # More kinds than colours: the rarest share the grey of those without a value.
    codes = np.where((codes < 0) | (codes >= _STEPS), NONE, codes).astype(np.uint8)
    palette = tuple(_category(column.name, c, i) for i, c in enumerate(column.categories[:_STEPS]))
    entries = tuple(value_name(column.name, c, sources) for c in column.categories[:_STEPS])
    assert len(palette) == min(n, _STEPS)
    return Paint(column.name, codes, palette, entries)


def _category(column: str, value: str, at: int) -> str:
    if column == "emotion":
        return EMOTION_COLOURS.get(value, GREY)
    if column == "sentiment":
        return SENTIMENT_COLOURS.get(value, GREY)
    if at < len(CATEGORIES):
        return CATEGORIES[at]
    # Golden-angle hues at alternating lightness, for as many as there are.
    hue = (0.11 + at * 0.61803398875) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, (0.48, 0.6, 0.38)[at % 3], 0.38)
    return f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}"


def _numbers(column: Column) -> Paint:
    values = np.asarray(column.values, dtype=np.float32)
    there = np.isfinite(values)
    codes = np.full(len(values), NONE, dtype=np.uint8)
    low, high = 0.0, 1.0
    if there.any():
        # A few extremes would leave one colour to all the others.
        low, high = (float(v) for v in np.percentile(values[there], (2, 98)))
        if high <= low:
            low, high = float(values[there].min()), float(values[there].max())
        scaled = _skew(column.name, values[there], low, high)
        codes[there] = np.round(np.clip(scaled, 0, 1) * (_STEPS - 1)).astype(np.uint8)
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
    """Colours from one to the next, evenly.

    Examples
    --------
    >>> ramp(["#000000", "#FFFFFF"], 3)
    ('#000000', '#808080', '#FFFFFF')
    """
    rgb = np.array([[int(s[i : i + 2], 16) for i in (1, 3, 5)] for s in stops], dtype=float)
    at = np.linspace(0, len(stops) - 1, steps)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), rgb[:, c]) for c in range(3)], axis=1)
    return tuple("#{:02X}{:02X}{:02X}".format(*np.round(c).astype(int)) for c in mixed)
