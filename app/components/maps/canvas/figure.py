"""The map as a figure for a paper: PNG, SVG or an HTML page.

PNG and SVG are drawn here and not by Plotly's Kaleido, which needs a browser on the server.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from app.common.palette import KIND_NAMES, counted, shortened
from app.components.shared.actions import show_downloads
from app.data.map_colours import GREY, NONE, Paint, no_value, title
from app.data.map_payload import NAMED, UNIT
from app.data.maps import cluster_labels, painted, point_names, positions
from app.data.selection import chosen, mask
from app.data.session import corpus, workspace
from backend.domain import Kind, KindredError

if TYPE_CHECKING:
    from plotly.graph_objects import Scattergl

WIDTH, HEIGHT, SIDE = 900, 760, 260  # of the points, and of the legend next to them
INK, QUIET = "#15141C", "#6E6B66"
_ENTRIES = 26
_ASIDE = (0, -18, 18, -36, 36)  # where the name of a cluster may stand
_SMALL = 24  # pixels: the name of a cluster that reaches no further would cover it

Labels = Sequence[Mapping[str, object]]


class Figure:
    """What is drawn: coloured points, names of clusters, a heading and a legend.

    Parameters
    ----------
    at : numpy.ndarray
        ``(n, 2)`` int16, see `app.data.map_payload.quantised`.
    paint : Paint
    labels : sequence of mapping
    heading : str
    selected : numpy.ndarray
        ``(n,)`` bool; the other points are dimmed unless it is empty.
    rows : numpy.ndarray
        ``(m,)`` int64: the visible points.
    """

    def __init__(
        self,
        at: np.ndarray,
        paint: Paint,
        labels: Labels,
        heading: str,
        selected: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        self.paint, self.labels, self.heading = paint, labels, heading
        self.rows = rows
        seen = at[rows].astype(float) if len(rows) else np.zeros((1, 2))
        low, high = seen.min(axis=0), seen.max(axis=0)
        pad = 24
        span = np.maximum(high - low, 1)
        self.scale = float(min((WIDTH - 2 * pad) / span[0], (HEIGHT - 2 * pad) / span[1]))
        self.middle = (low + high) / 2
        self.xy = self.place(at[rows])
        self.codes = paint.codes[rows]
        self.dim = ~selected[rows] if selected[rows].any() else np.zeros(len(rows), dtype=bool)
        self.radius = float(np.clip(5.2 - 0.85 * np.log10(max(len(rows), 1)), 1.0, 4.5))

    def place(self, at: np.ndarray) -> np.ndarray:
        """Return the pixels of points of the map, ``(n, 2)`` float64."""
        moved = (at.astype(float) - self.middle) * (self.scale, -self.scale)
        return moved + np.array((WIDTH / 2, 48 + HEIGHT / 2))

    def colour(self, code: int) -> str:
        """Return the colour of a code, ``#rrggbb``."""
        return GREY if code == NONE else self.paint.palette[code]

    def order(self) -> np.ndarray:
        """Return the drawing order: dimmed and grey points first, below the others."""
        return np.lexsort((self.codes != NONE, ~self.dim))

    def legend(self) -> list[tuple[str, str]]:
        """Return colours with their names and counts, the most frequent first."""
        if self.paint.limits is not None:
            return []
        counts = np.bincount(self.codes, minlength=256)
        shown = [c for c in np.argsort(-counts, kind="stable") if counts[c] and c != NONE]
        entries = [
            (self.paint.palette[c], f"{self.paint.entries[c]} ({counts[c]:,})") for c in shown
        ]
        if len(entries) > _ENTRIES:
            rest = int(sum(counts[c] for c in shown[_ENTRIES:]))
            entries = [*entries[:_ENTRIES], ("", f"{len(shown) - _ENTRIES} more ({rest:,})")]
        if counts[NONE]:
            entries.append((GREY, f"{no_value(self.paint.name)} ({counts[NONE]:,})"))
        return entries


def as_svg(figure: Figure) -> bytes:
    """Draw as SVG.

    Returns
    -------
    bytes
        A document without scripts and fonts.
    """
    wide, high = WIDTH + SIDE, HEIGHT + 60
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" font-family="Source Sans 3, Helvetica, Arial, sans-serif">'
        f'<rect width="{wide}" height="{high}" fill="#fff"/>'
        f'<text x="24" y="32" font-size="18" font-weight="600" fill="{INK}">'
        f"{escape(figure.heading)}</text>"
    ]
    order = figure.order()
    for dim in (True, False):
        for code in np.unique(figure.codes):
            points = order[(figure.codes[order] == code) & (figure.dim[order] == dim)]
            if not len(points):
                continue
            opacity = 0.18 if dim else 0.5 if code == NONE else 0.85
            out.append(f'<g fill="{figure.colour(int(code))}" fill-opacity="{opacity}">')
            r = f"{figure.radius:.2f}"
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>' for x, y in figure.xy[points]]
            out.append("</g>")
    for x, y, text in _placed(figure):
        out.append(
            f'<text x="{x:.0f}" y="{y:.0f}" font-size="12.5" font-weight="600" fill="{INK}" '
            'text-anchor="middle" stroke="#fff" stroke-width="3.5" paint-order="stroke" '
            f'stroke-linejoin="round">{escape(text)}</text>'
        )
    x = WIDTH + 14
    out.append(
        f'<text x="{x}" y="64" font-size="13" font-weight="600" fill="{INK}">'
        f"{escape(title(figure.paint.name))}</text>"
    )
    for i, (colour, name) in enumerate(figure.legend()):
        y = 86 + 22 * i
        if colour:
            out.append(f'<circle cx="{x + 6}" cy="{y - 4}" r="5.5" fill="{colour}"/>')
        out.append(
            f'<text x="{x + 20}" y="{y}" font-size="13" fill="{INK}">'
            f"{escape(shortened(name, 34))}</text>"
        )
    if figure.paint.limits is not None:
        stops = "".join(
            f'<stop offset="{i / 10}" stop-color="{figure.paint.palette[round(i * 25.4)]}"/>'
            for i in range(11)
        )
        low, high_ = (f"{v:,.2f}".rstrip("0").rstrip(".") for v in figure.paint.limits)
        out.append(
            f'<defs><linearGradient id="ramp">{stops}</linearGradient></defs>'
            f'<rect x="{x}" y="76" width="190" height="10" rx="5" fill="url(#ramp)"/>'
            f'<text x="{x}" y="104" font-size="12" fill="{QUIET}">{low}</text>'
            f'<text x="{x + 190}" y="104" font-size="12" fill="{QUIET}" text-anchor="end">'
            f"{high_}</text>"
        )
    return ("\n".join(out) + "\n</svg>\n").encode()


def as_png(figure: Figure, ratio: int = 2) -> bytes:
    """Draw as PNG.

    Parameters
    ----------
    figure : Figure
    ratio : int
        Pixels per unit of the drawing.

    Returns
    -------
    bytes
    """
    size = ((WIDTH + SIDE) * ratio, (HEIGHT + 60) * ratio)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet, "RGBA")
    r = figure.radius * ratio
    rgba = {
        (int(c), dim): (*_rgb(figure.colour(int(c))), 46 if dim else 128 if c == NONE else 217)
        for c in np.unique(figure.codes)
        for dim in (True, False)
    }
    for i in figure.order():
        x, y = figure.xy[i] * ratio
        fill = rgba[int(figure.codes[i]), bool(figure.dim[i])]
        pen.ellipse((x - r, y - r, x + r, y + r), fill=fill)
    font, small = (ImageFont.load_default(s * ratio) for s in (12.5, 13))
    pen.text((24 * ratio, 14 * ratio), figure.heading, INK, ImageFont.load_default(18 * ratio))
    for x, y, text in _placed(figure):
        pen.text(
            (x * ratio, (y - 4) * ratio), text, INK, font, anchor="mm",
            stroke_width=2 * ratio, stroke_fill="white",
        )  # fmt: skip
    x = (WIDTH + 14) * ratio
    pen.text((x, 52 * ratio), title(figure.paint.name), INK, small)
    for i, (colour, name) in enumerate(figure.legend()):
        y = (82 + 22 * i) * ratio
        if colour:
            pen.ellipse((x, y - 5 * ratio, x + 11 * ratio, y + 6 * ratio), fill=_rgb(colour))
        pen.text((x + 20 * ratio, y), shortened(name, 34), INK, small, anchor="lm")
    if figure.paint.limits is not None:
        for step in range(190 * ratio):
            colour = figure.paint.palette[int(step / (190 * ratio) * 254)]
            pen.line((x + step, 76 * ratio, x + step, 86 * ratio), fill=_rgb(colour))
        low, high = (f"{v:,.2f}".rstrip("0").rstrip(".") for v in figure.paint.limits)
        pen.text((x, 92 * ratio), low, QUIET, small)
        pen.text((x + 190 * ratio, 92 * ratio), high, QUIET, small, anchor="ra")
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", dpi=(72 * ratio, 72 * ratio))
    return buffer.getvalue()


def as_html(figure: Figure, names: np.ndarray | None) -> bytes:
    """Draw as an HTML page with Plotly, with zoom and names of points.

    Parameters
    ----------
    figure : Figure
    names : numpy.ndarray or None
        ``(n,)`` str: the name of each point of the map.

    Returns
    -------
    bytes
    """
    import plotly.graph_objects as go

    traces = []
    entries, none = dict(enumerate(figure.paint.entries)), no_value(figure.paint.name)
    for code in np.unique(figure.codes):
        if figure.paint.limits is not None:
            break
        points = np.flatnonzero(figure.codes == code)
        name = entries.get(int(code), none)
        traces.append(_trace(figure, points, names, figure.colour(int(code)), name))
    if figure.paint.limits is not None:
        low, high = figure.paint.limits
        trace = _trace(figure, np.arange(len(figure.rows)), names, GREY, title(figure.paint.name))
        scale = [[i / 10, figure.paint.palette[round(i * 25.4)]] for i in range(11)]
        values = np.where(figure.codes == NONE, np.nan, figure.codes / 254 * (high - low) + low)
        trace.marker.update(color=values.astype(np.float32), colorscale=scale, showscale=True)
        traces.append(trace)
    page = go.Figure(traces)
    page.update_layout(
        title=escape(figure.heading), template="plotly_white", legend_itemsizing="constant",
        xaxis_visible=False, yaxis_visible=False, yaxis_scaleanchor="x", hovermode="closest",
    )  # fmt: skip
    for x, y, text in _placed(figure):
        page.add_annotation(
            x=x, y=-y, text=escape(text), showarrow=False, bgcolor="rgba(255,255,255,.7)"
        )
    return page.to_html(include_plotlyjs=True, full_html=True).encode()


def _trace(
    figure: Figure, points: np.ndarray, names: np.ndarray | None, colour: str, name: str
) -> Scattergl:
    import plotly.graph_objects as go

    xy = figure.xy[points].astype(np.float32)
    hover = None
    if names is not None and len(figure.rows) <= NAMED:
        hover = [escape(str(t)) for t in names[figure.rows[points]]]
    return go.Scattergl(
        x=xy[:, 0], y=-xy[:, 1], mode="markers", name=escape(name), text=hover,
        hoverinfo="text" if hover else "skip",
        marker={"size": 2 * figure.radius, "color": colour, "opacity": 0.85},
    )  # fmt: skip


def _placed(figure: Figure, most: int = 24) -> list[tuple[float, float, str]]:
    """Place names of clusters, the largest first, as ``map.js`` does.

    A name moves aside for others and the edge; without room it is left out.
    """
    placed: list[tuple[float, float, str]] = []
    for label in figure.labels:
        at = np.array([[label["x"], label["y"]]], dtype=float)
        if np.abs(at).max() > UNIT or len(placed) >= most:
            continue
        x, y = figure.place(at)[0]
        text = str(label["text"])
        half = 3.4 * len(text)
        x = float(np.clip(x, half, WIDTH - half))
        reach = figure.scale * float(str(label["reach"]))
        for aside in (-reach - 10, reach + 10, *_ASIDE) if reach < _SMALL else _ASIDE:
            if all(
                abs(y + aside - b) > 17 or abs(x - a) > half + 3.4 * len(t) + 6
                for a, b, t in placed
            ):
                placed.append((x, float(y + aside), text))
                break
    return placed


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


TOOLTIPS = {
    "png": "For slides and documents, 2,320 pixels wide",
    "svg": "Vector graphics, for papers",
    "html": "Interactive page with zoom and names, opens in any browser",
}


def show_figure_export(kind: Kind, colour: str, level: str, visible: np.ndarray) -> None:
    """Offer the map as shown as a file, drawn only when downloaded."""
    try:
        selected = mask(kind, chosen(kind))
    except KindredError:
        selected = np.zeros(len(visible), dtype=bool)
    rows = np.flatnonzero(visible)
    heading = f"{counted(len(rows), kind)} of {workspace().corpus(corpus()).name}"
    at, labels = positions(kind), cluster_labels(kind, level)
    draw = partial(Figure, at, painted(kind, colour), labels, heading, selected, rows)
    write, file = partial(_file, draw, point_names(kind)), f"kindred-map-{KIND_NAMES[kind][1]}"
    with st.popover("Figure", icon=":material/photo_camera:"):
        show_downloads(write, file, list(TOOLTIPS), key="figure", help=TOOLTIPS)


def _file(draw: Callable[[], Figure], names: np.ndarray, form: str) -> bytes:
    figure = draw()
    if form == "html":
        return as_html(figure, names)
    return as_svg(figure) if form == "svg" else as_png(figure)
