"""Small charts of counts; light markup, so that they are there with the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.components.markup import bar, dot, esc, show

PLAIN = "color-mix(in srgb, currentColor 60%, transparent)"


def show_shares(
    title: str,
    counts: Mapping[str, int],
    total: int,
    *,
    colours: Mapping[str, str] | None = None,
    most: int = 8,
) -> None:
    """Show counts as bars with their share of a total.

    Parameters
    ----------
    title : str
    counts : mapping of str to int
    total : int
        What a full bar stands for.
    colours : mapping of str to str, optional
        By name.
    most : int
        More names than this are added up in a last row.
    """
    order = sorted(counts.items(), key=lambda item: -item[1])
    if len(order) > most:
        rest = order[most - 1 :]
        order = [*order[: most - 1], (f"{len(rest)} more", sum(n for _, n in rest))]
    rows = "".join(
        f"<b>{dot(colours[name]) if colours and name in colours else ''}{esc(name)}</b>"
        f"{bar(n / total if total else 0.0, (colours or {}).get(name, PLAIN))}"
        f"<span>{n:,} <small>{n / total if total else 0:.0%}</small></span>"
        for name, n in order
    )
    show(f'<div class="k-label">{esc(title)}</div><div class="k-rows">{rows}</div>')


def show_stack(title: str, counts: Mapping[str, int], colours: Mapping[str, str]) -> None:
    """Show counts as one stacked bar with a legend.

    Parameters
    ----------
    title : str
    counts : mapping of str to int
        In the order to draw.
    colours : mapping of str to str
        By name.
    """
    total = sum(counts.values()) or 1
    parts = "".join(
        f'<i style="width:{100 * n / total:.2f}%;background:{colours[name]}"></i>'
        for name, n in counts.items()
        if n
    )
    names = "".join(
        f"<span>{dot(colours[name])}{esc(name)} {n / total:.0%}</span>"
        for name, n in counts.items()
    )
    show(
        f'<div class="k-label">{esc(title)}</div><div class="k-stack" aria-hidden="true">{parts}'
        f'</div><div class="k-legend">{names}</div>'
    )


def show_months(months: Sequence[tuple[str, int]]) -> None:
    """Show posts a month as columns.

    Parameters
    ----------
    months : sequence of (str, int)
        In order of time.
    """
    peak = max(n for _, n in months)
    columns = "".join(
        f'<i style="height:{max(100 * n / peak, 2):.0f}%" title="{esc(month)}: {n:,}"></i>'
        for month, n in months
    )
    first, last = esc(months[0][0]), esc(months[-1][0])
    show(
        f'<div class="k-label">Posts a month</div><div class="k-months" role="img" '
        f'aria-label="Posts a month from {first} to {last}, {peak:,} at most">{columns}</div>'
        f'<div class="k-ends"><span>{first}</span><span>{last}</span></div>'
    )
