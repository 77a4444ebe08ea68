"""What a selection feels and says, against the rest: figures with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from app.common.markup import dot, esc, show
from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS
from app.components.shared.charts import percent
from backend.selections import Contrast, OverRepresented, Profile

SURE = 0.05


def show_feelings(told: Profile) -> None:
    """Show the mean of each emotion and of sentiment, inside and outside."""
    there = [c for c in told.emotions if not isnan(c.mean)]
    if not there:
        show('<p class="k-note">Nothing in here has a prediction.</p>')
        return
    full = max(max(c.high if c.high < 1 else c.mean, c.rest) for c in there) * 1.05 or 1.0
    rows = "".join(contrast_markup(c, EMOTION_COLOURS[c.name], full) for c in there)
    positive = contrast_markup(told.sentiment, SENTIMENT_COLOURS["positive"], 1.0)
    show(
        f'<div class="k-label">Mean probability of each emotion</div>'
        f'<div class="k-contrasts">{rows}</div>'
        f'<div class="k-label" style="margin-top:.8rem">Positive rather than negative</div>'
        f'<div class="k-contrasts">{positive}</div>'
        f'<p class="k-note">Bar and whisker: this selection with its 95 % interval. '
        f"Upright mark: {esc(told.against)}. "
        "Bold: they differ by more than chance would (p below .05 after correction).</p>"
    )


def contrast_markup(c: Contrast, colour: str, full: float) -> str:
    """Draw a mean with its interval, and the mean that it is held against.

    Parameters
    ----------
    c : Contrast
    colour : str
    full : float
        What the width of the bar stands for.

    Returns
    -------
    str
    """

    def at(value: float) -> float:
        return 100 * min(max(value / full, 0.0), 1.0)

    differs = not isnan(c.p) and c.p < SURE
    size = c.mean / c.rest if c.rest > 0 else 1.0
    times = f"{size:.1f}×" if differs else "≈"
    said = f"{c.name}: {c.mean:.0%}, {c.low:.0%} to {c.high:.0%}; the rest {c.rest:.0%}"
    return (
        f'<div class="k-contrast{" k-differs" if differs else ""}" title="{esc(said)}">'
        f"<span>{dot(colour)}{esc(c.name)}</span>"
        f'<span class="k-whisker" role="img" aria-label="{esc(said)}">'
        f'<i style="width:{at(c.mean):.1f}%;background:{colour}"></i>'
        f'<u style="left:{at(c.low):.1f}%;width:{max(at(c.high) - at(c.low), 0.5):.1f}%"></u>'
        f'<s style="left:{at(c.rest):.1f}%"></s></span>'
        f"<b>{c.mean:.0%}</b><small>{times}</small></div>"
    )


def show_over(told: Profile, *, most: int = 14) -> None:
    """Show words and tags that it has more often than the rest."""
    parts = [
        over_markup("Tags", told.tags, told.posts, most),
        over_markup("Words", told.words, told.posts, most),
    ]
    made = "".join(filter(None, parts))
    if not made:
        made = '<p class="k-note">No word or tag sets it apart by more than chance.</p>'
    else:
        made += (
            f'<p class="k-note">Share of the selection, and of {esc(told.against)}; '
            f"{told.tested:,} words and tags were tested, and all shown have p below .05 after "
            "correcting for that (exact test, Benjamini-Hochberg).</p>"
        )
    show(made)


def over_markup(head: str, terms: Sequence[OverRepresented], posts: int, most: int = 14) -> str:
    """Draw over-represented terms as rows; empty when there is none."""
    if not terms:
        return ""
    rows = "".join(
        f'<span dir="auto">{esc(t.term)}</span>'
        f'<span class="k-two" title="{t.count:,} with it here, {t.rest_count:,} elsewhere; '
        f'odds ratio {t.odds:.1f}, p {t.p:.1g}"><i style="width:{100 * t.share:.1f}%"></i>'
        f'<s style="width:{100 * t.rest_share:.1f}%"></s></span>'
        f"<b>{_share(t.share)}</b><small>{_share(t.rest_share)}</small>"
        for t in terms[:most]
    )
    return f'<div class="k-label">{esc(head)}</div><div class="k-over">{rows}</div>'


def _share(share: float) -> str:
    return percent(round(share * 1000), 1000)


def sentence(told: Profile) -> str:
    """The selection in one sentence: what it is about and how it feels."""
    words = [t.term for t in (*told.tags[:3], *told.words[:3])]
    words = list(dict.fromkeys(w.casefold() for w in words))[:4]
    differing = [c for c in told.emotions if not isnan(c.p) and c.p < SURE]
    more = sorted((c for c in differing if c.mean > c.rest), key=lambda c: c.rest / c.mean)
    less = sorted((c for c in differing if c.mean < c.rest), key=lambda c: c.mean / c.rest)
    about = f"Much about {', '.join(words)}" if words else "No word sets it apart"
    for word, found in (("more", more), ("less", less)):
        if found:
            feels = " and ".join(c.name for c in found[:2])
            return f"{about}; {word} {feels} than elsewhere."
    return f"{about}; it feels like the rest."
