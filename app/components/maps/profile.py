"""Emotions, words and tags of a selection compared with the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isnan

from app.common.markup import dot, esc, show
from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS
from app.components.shared.charts import percent
from backend.selections import Contrast, OverRepresented, Profile

SIGNIFICANT = 0.05


def show_emotions(profile: Profile) -> None:
    """Show the mean of each emotion and of sentiment, in the selection and in the rest."""
    known = [c for c in profile.emotions if not isnan(c.mean)]
    if not known:
        show('<p class="k-note">The posts of this selection have no predictions.</p>')
        return
    show(
        contrasts_markup("Mean probability of each emotion", known, EMOTION_COLOURS)
        + sentiment_markup(profile.sentiment)
        + f'<p class="k-note">Bar and whisker: this selection, with the 95 % interval. '
        f"Vertical mark: {esc(profile.against)}. "
        "Bold: a significant difference (p below .05 after correction).</p>"
    )


def contrasts_markup(title: str, contrasts: Sequence[Contrast], colours: Mapping[str, str]) -> str:
    """Draw means below each other on one scale, which the title states.

    Parameters
    ----------
    title : str
        Markup.
    contrasts : sequence of Contrast
        With means.
    colours : mapping of str to str
        By the name of a contrast.

    Returns
    -------
    str
    """
    end = scale_end(contrasts)
    rows = "".join(contrast_markup(c, colours[c.name], end) for c in contrasts)
    return (
        f'<div class="k-label">{title}; bars from 0 to {end:.0%}</div>'
        f'<div class="k-contrasts">{rows}</div>'
    )


def sentiment_markup(positive: Contrast) -> str:
    """Draw the mean of positive sentiment below those of the emotions."""
    return (
        '<div class="k-label" style="margin-top:.8rem">'
        "Mean probability of positive sentiment; bars from 0 to 100%</div>"
        '<div class="k-contrasts">'
        f"{contrast_markup(positive, SENTIMENT_COLOURS['positive'], 1.0)}</div>"
    )


def scale_end(contrasts: Sequence[Contrast]) -> float:
    """Return the end of a scale that holds all means and intervals, in steps of 10 %.

    Examples
    --------
    >>> scale_end([Contrast("joy", 0.21, 0.12, 0.32, 0.25, 0.2, 0.3, 0.5)])
    0.4
    """
    ends = [end for c in contrasts for end in (c.high, c.rest) if not isnan(end)]
    return min(max(ceil(10 * max(ends, default=1.0)), 1), 10) / 10


def contrast_markup(c: Contrast, colour: str, full: float) -> str:
    """Draw a mean with its interval, and the mean of the rest.

    Parameters
    ----------
    c : Contrast
    colour : str
    full : float
        The value of a full bar.

    Returns
    -------
    str
    """

    def at(value: float) -> float:
        return 100 * min(max(value / full, 0.0), 1.0)

    differs = not isnan(c.p) and c.p < SIGNIFICANT
    size = c.mean / c.rest if c.rest > 0 else 1.0
    times = f"{size:.1f}×" if differs else ""
    text = f"{c.name}: {c.mean:.0%}, {c.low:.0%} to {c.high:.0%}; the rest {c.rest:.0%}"
    return (
        f'<div class="k-contrast{" k-differs" if differs else ""}" title="{esc(text)}">'
        f"<span>{dot(colour)}{esc(c.name)}</span>"
        f'<span class="k-whisker" role="img" aria-label="{esc(text)}">'
        f'<i style="width:{at(c.mean):.1f}%;background:{colour}"></i>'
        f'<u style="left:{at(c.low):.1f}%;width:{max(at(c.high) - at(c.low), 0.5):.1f}%"></u>'
        f'<s style="left:{at(c.rest):.1f}%"></s></span>'
        f"<b>{c.mean:.0%}</b><small>{times}</small></div>"
    )


def show_overrepresented(profile: Profile) -> None:
    """Show words and tags that are more frequent in the selection than in the rest."""
    markup = overrepresented_markup({"Tags": profile.tags, "Words": profile.words}, most=14)
    if not markup:
        markup = '<p class="k-note">No word or tag is significantly more frequent here.</p>'
    else:
        markup += (
            f'<p class="k-note">Share of posts in the selection, and in {esc(profile.against)}. '
            f"{profile.tested:,} words and tags were tested; those shown have p below .05 after "
            "correction (exact test, Benjamini-Hochberg).</p>"
        )
    show(markup)


def overrepresented_markup(
    parts: Mapping[str, Sequence[OverRepresented]],
    *,
    most: int = 8,
    also: Sequence[OverRepresented] = (),
) -> str:
    """Draw over-represented terms as rows of bars on one scale; empty if there are none.

    Parameters
    ----------
    parts : mapping of str to sequence of OverRepresented
        By heading.
    most : int
        Terms of each part that are shown.
    also : sequence of OverRepresented
        Drawn elsewhere, on the same scale.

    Returns
    -------
    str
    """
    drawn = [*also, *(t for terms in parts.values() for t in terms[:most])]
    shares = [share for t in drawn for share in (t.share, t.rest_share)]
    full = min(max(ceil(10 * max(shares, default=1.0)), 1), 10) / 10
    return "".join(_terms(head, terms[:most], full) for head, terms in parts.items() if terms)


def _terms(head: str, terms: Sequence[OverRepresented], full: float) -> str:
    rows = "".join(
        f'<span dir="auto">{esc(t.term)}</span>'
        f'<span class="k-two" title="{t.count:,} posts here, {t.rest_count:,} elsewhere; '
        f'odds ratio {t.odds:.1f}, p {t.p:.1g}"><i style="width:{100 * t.share / full:.1f}%"></i>'
        f'<s style="width:{100 * t.rest_share / full:.1f}%"></s></span>'
        f"<b>{_share(t.share)}</b><small>{_share(t.rest_share)}</small>"
        for t in terms
    )
    return (
        f'<div class="k-label">{esc(head)}; bars from 0 to {full:.0%}</div>'
        f'<div class="k-fit"><div class="k-over">{rows}</div></div>'
    )


def _share(share: float) -> str:
    return percent(round(share * 1000), 1000)


def summary(profile: Profile) -> str:
    """Describe the topics and emotions of a selection in one sentence."""
    words = [t.term for t in (*profile.tags[:3], *profile.words[:3])]
    words = list(dict.fromkeys(w.casefold() for w in words))[:4]
    differing = [c for c in profile.emotions if not isnan(c.p) and c.p < SIGNIFICANT]
    more = sorted((c for c in differing if c.mean > c.rest), key=lambda c: c.rest / c.mean)
    less = sorted((c for c in differing if c.mean < c.rest), key=lambda c: c.mean / c.rest)
    about = f"Often about {', '.join(words)}" if words else "No typical words"
    for word, found in (("more", more), ("less", less)):
        if found:
            emotions = " and ".join(c.name for c in found[:2])
            return f"{about}; {word} {emotions} than the rest."
    return f"{about}; emotions as in the rest."
