"""Small charts of counts in plain markup, which appears with the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.common.markup import bar, dot, esc, show
from app.common.palette import percent as probable

PLAIN = "color-mix(in srgb, currentColor 60%, transparent)"


def percent(n: int, total: int) -> str:
    """Write a share in per cent, without rounding a few to none, or nearly all to all.

    Examples
    --------
    >>> percent(0, 10), percent(2, 400), percent(1, 2), percent(399, 400), percent(3, 3)
    ('0%', '<1%', '50%', '>99%', '100%')
    """
    share = n / total if total else 0.0
    return probable(share) if 0 < share < 1 else f"{share:.0%}"


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


def show_timeline(steps: Sequence[tuple[str, int]], unit: str) -> None:
    """Show posts by steps of time, such as months, as columns."""
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
