"""The legend of a map: colours with counts in the selection and in all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.common.markup import bar, dot, esc, show
from app.data.map_colours import GREY, Paint, no_value, title, value_name
from app.data.maps import column
from app.data.selection import legend_lines
from app.data.session import source_titles
from backend.domain import Kind
from backend.selections import LegendLine

MAX_ENTRIES, MIN_ENTRIES = 14, 5
ALL = 10  # a legend as short as this is always shown in full


def show_legend(kind: Kind, paint: Paint, inside: np.ndarray | None, what: str = "") -> None:
    """Show the legend of a map.

    Parameters
    ----------
    kind : Kind
    paint : Paint
        Colours of the map.
    inside : numpy.ndarray or None
        ``(n,)`` bool: points whose counts come first; those of all points without.
    what : str
        Names these points: ``in the selection``.
    """
    if paint.limits is not None:
        _show_scale(
            kind, paint, np.zeros(len(paint.codes), bool) if inside is None else inside, what
        )
        return
    parts = legend_lines(inside, kind, paint.name)
    values = column(kind, paint.name)
    colours = dict(zip(values.categories or (), paint.palette, strict=False))
    empty = np.asarray(values.values) < 0
    none = int(empty.sum())
    none_in = none if inside is None else int(empty[inside].sum())
    selected = inside is not None
    show(rows(paint.name, parts, colours, selected=selected, none=(none_in, none), what=what))


def rows(
    name: str,
    parts: Sequence[LegendLine],
    colours: dict[str, str],
    *,
    selected: bool,
    none: tuple[int, int] = (0, 0),
    what: str = "in the selection",
) -> str:
    """Draw a legend of categories.

    Parameters
    ----------
    name : str
        The column.
    parts : sequence of LegendLine
    colours : dict of str to str
        By category.
    selected : bool
        Whether the first count is of a selection.
    none : tuple of int
        Points without a value, in the selection and in all.
    what : str
        Names the points of the first count.

    Returns
    -------
    str
        Markup.
    """
    titles = source_titles() if name == "source" else {}
    ranked = sorted(parts, key=lambda p: (-p.count, -p.total))
    # With a selection, mainly the values in it.
    few = MAX_ENTRIES
    if selected and len(ranked) > ALL:
        few = min(MAX_ENTRIES, max(sum(p.count > 0 for p in ranked), MIN_ENTRIES))
    shown, rest = ranked[:few], ranked[few:]
    if len(rest) == 1:
        shown, rest = ranked, []
    bars = selected
    entries = [
        _entry(colours.get(p.name, GREY), value_name(name, p.name, titles), p.count, p.total, bars)
        for p in shown
    ]
    if rest:
        inside, total = sum(p.count for p in rest), sum(p.total for p in rest)
        entries.append(_entry("transparent", f"{len(rest)} more", inside, total, bars))
    if none[1]:
        without = no_value(name)
        entries.append(_entry(GREY, without, *none, bars, quiet=True))
    head = esc(title(name))
    if selected:
        head += f" <small>{esc(what)} / in all</small>"
    return f'<div class="k-label">{head}</div><div class="k-key">{"".join(entries)}</div>'


def _entry(
    colour: str, name: str, count: int, total: int, bars: bool, *, quiet: bool = False
) -> str:
    share = bar(count / total if total else 0.0, colour) if bars else ""
    soft = " k-quiet" if quiet or not count else ""
    number = f"{count:,} / {total:,}" if bars else f"{total:,}"
    return (
        f'<div class="k-entry{soft}"><span>{dot(colour)}{esc(name)}</span>'
        f"<b>{number}</b>{share}</div>"
    )


def _show_scale(kind: Kind, paint: Paint, mask: np.ndarray, what: str) -> None:
    assert paint.limits is not None
    values = np.asarray(column(kind, paint.name).values)
    known = np.isfinite(values)
    steps = ",".join(paint.palette[:: max(len(paint.palette) // 12, 1)])
    low, high = (_number(v, paint.name) for v in paint.limits)
    low += " or less" if (values[known] < paint.limits[0]).any() else ""
    high += " or more" if (values[known] > paint.limits[1]).any() else ""
    means = ""
    if (inside := known & mask).any():
        means = (
            f" · mean {esc(what)} <b>{_number(float(values[inside].mean()), paint.name)}</b>"
            f", in all {_number(float(values[known].mean()), paint.name)}"
        )
    missing = int((~known).sum())
    none = f"<span>{dot(GREY)}{missing:,} without a value</span>" if missing else ""
    show(
        f'<div class="k-label">{esc(title(paint.name))}{means}</div>'
        f'<div class="k-ramp" style="background:linear-gradient(90deg,{steps})"></div>'
        f'<div class="k-ends"><span>{low}</span>{none}<span>{high}</span></div>'
    )


def _number(value: float, name: str) -> str:
    """Return a value of a column as its legend shows it.

    Examples
    --------
    >>> _number(1204.0, "label: likes"), _number(4.25, "label: grade"), _number(0.5, "joy")
    ('1,204', '4.25', '0.50')
    """
    if name == "year":
        return f"{value:.0f}"
    if name.startswith("label: "):
        return f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
    if name == "posts":
        return f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")
    return f"{value:.2f}"
