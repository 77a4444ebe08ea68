"""Small charts of counts in plain markup, which appears with the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from app.common.markup import bar, dot, esc, show

PLAIN = "color-mix(in srgb, currentColor 60%, transparent)"


def percent(n: int, total: int) -> str:
    """Write a share in per cent, without rounding a positive one to zero.

    Examples
    --------
    >>> percent(0, 10), percent(1, 1000), percent(1, 2)
    ('0%', '<1%', '50%')
    """
    share = n / total if total else 0.0
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def show_shares(
    title: str,
    counts: Mapping[str, int],
    total: int,
    *,
    colours: Mapping[str, str] | None = None,
    most: int = 8,
) -> None:
    """Show counts as bars with their share of a total, the count of a full bar.

    Of more than `most` rows, the last one sums up the rest.
    """
    order = sorted(counts.items(), key=lambda item: -item[1])
    if len(order) > most:
        rest = order[most - 1 :]
        order = [*order[: most - 1], (f"{len(rest)} more", sum(n for _, n in rest))]
    rows = "".join(
        f"<b>{dot(colours[name]) if colours and name in colours else ''}{esc(name)}</b>"
        f"{bar(n / total if total else 0.0, (colours or {}).get(name, PLAIN))}"
        f"<span>{n:,} <small>{esc(percent(n, total))}</small></span>"
        for name, n in order
    )
    show(f'<div class="k-label">{esc(title)}</div><div class="k-rows">{rows}</div>')


def show_stack(title: str, counts: Mapping[str, int], colours: Mapping[str, str]) -> None:
    """Show counts, in this order, as one stacked bar with a legend."""
    total = sum(counts.values()) or 1
    parts = "".join(
        f'<i style="width:{100 * n / total:.2f}%;background:{colours[name]}"></i>'
        for name, n in counts.items()
        if n
    )
    names = "".join(
        f"<span>{dot(colours[name])}{esc(name)} {esc(percent(n, total))}</span>"
        for name, n in counts.items()
    )
    show(
        f'<div class="k-label">{esc(title)}</div><div class="k-stack" aria-hidden="true">{parts}'
        f'</div><div class="k-legend">{names}</div>'
    )


def by_year(months: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Sum months up to years; years without posts are zero.

    Examples
    --------
    >>> by_year([("2003-10", 2), ("2003-12", 1), ("2005-01", 4)])
    [('2003', 3), ('2004', 0), ('2005', 4)]
    """
    years = Counter[int]()
    for month, n in months:
        years[int(month[:4])] += n
    return [(str(year), years[year]) for year in range(min(years), max(years) + 1)]


def every_month(months: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Add the months without posts.

    Examples
    --------
    >>> every_month([("2003-11", 2), ("2004-01", 1)])
    [('2003-11', 2), ('2003-12', 0), ('2004-01', 1)]
    """
    counts = {int(m[:4]) * 12 + int(m[5:]) - 1: n for m, n in months}
    span = range(min(counts), max(counts) + 1)
    return [(f"{at // 12:04d}-{at % 12 + 1:02d}", counts.get(at, 0)) for at in span]


def show_timeline(months: Sequence[tuple[str, int]]) -> None:
    """Show posts by month (``YYYY-MM``) as columns, or by year if there are over 48 months."""
    steps, unit = every_month(months), "month"
    if len(steps) > 48:
        steps, unit = by_year(months), "year"
    peak = max(n for _, n in steps)
    columns = "".join(
        f'<i style="height:{max(100 * n / peak, 1):.0f}%" title="{esc(name)}: {n:,}"></i>'
        for name, n in steps
    )
    first, last = esc(steps[0][0]), esc(steps[-1][0])
    show(
        f'<div class="k-label">Posts per {unit}</div><div class="k-months" role="img" '
        f'aria-label="Posts per {unit} from {first} to {last}, {peak:,} at most">{columns}</div>'
        f'<div class="k-ends"><span>{first}</span><span>{last}</span></div>'
    )
