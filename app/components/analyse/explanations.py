"""Why a post got its prediction: words, regions, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import streamlit as st

from app.common.markup import esc, show
from app.common.palette import EMOTION_COLOURS, MODALITY_NAMES, SENTIMENT_COLOURS
from app.components.shared.pictures import heat
from backend.domain import Affect, Modality, Picture, Prediction, Sound, Span, subset_name


def target_colour(target: str) -> str:
    """Colour of an emotion or a sentiment label."""
    return {**SENTIMENT_COLOURS, **EMOTION_COLOURS}.get(target, "#6E6B66")


LEAST = 0.005  # a smaller share of the prediction is rounded to nothing, so it is called nothing
FULL = 0.05  # what weighs less than this is tinted lightly, however little the rest weighs


def _relative(spans: Sequence[Span]) -> float:
    return max([FULL, *(abs(span.weight) for span in spans)])


def whole_words(
    prediction: Prediction, modality: Modality, spans: Sequence[Span], target: str
) -> str:
    """Say what a modality does as a whole where no piece of it speaks for the target.

    Parameters
    ----------
    prediction : Prediction
        With every subset of what was given.
    modality : Modality
    spans : sequence of Span
        Its pieces.
    target : str
        An emotion, ``neutral``, ``positive`` or ``negative``.

    Returns
    -------
    str
        As in "The image as a whole moves trust from 20% to 45%."; empty where a piece
        speaks for the target, nothing else was given, or both shares read the same.
    """
    others = tuple(m for m in prediction.modalities if m != modality)
    if not others or max((s.weight for s in spans), default=0.0) >= LEAST:
        return ""
    without = _share(prediction.subsets[subset_name(others)], target)
    with_it = _share(prediction.affect, target)
    if round(100 * without) == round(100 * with_it):
        return ""
    name = MODALITY_NAMES[modality].lower()
    return f"The {name} as a whole moves {target} from {without:.0%} to {with_it:.0%}."


def _share(affect: Affect, target: str) -> float:
    positive = affect.sentiment.positive
    told = {"neutral": affect.neutral, "positive": positive, "negative": 1 - positive}
    return {**told, **affect.emotion}[target]


def show_words(text: str, spans: Sequence[Span], target: str) -> None:
    """Show a text with its words tinted by what they add.

    Parameters
    ----------
    text : str
    spans : sequence of Span
        With character positions; need not cover the text.
    target : str
        What is explained.
    """
    colour, peak = target_colour(target), _relative(spans)
    parts, end = [], 0
    for span in sorted(spans, key=lambda s: s.where):
        first, last = int(span.where[0]), int(span.where[1])
        if first < end:
            continue
        parts.append(esc(text[end:first]))
        share = abs(span.weight) / peak
        if span.weight > 0:
            style = f"background:color-mix(in srgb, {colour} {8 + 62 * share:.0f}%, transparent)"
        else:
            style = f"background:none;border-bottom:2px dotted rgba(128,128,128,{share:.2f})"
        said = f"{span.weight:+.3f}"
        word = esc(text[first:last])
        parts.append(
            f'<mark style="{style}" title="{said}">{word}</mark>' if share > 0.05 else word
        )
        end = last
    parts.append(esc(text[end:]))
    show(f'<p class="k-quote" dir="auto">{"".join(parts)}</p>')
    strong = sorted((s for s in spans if s.weight >= LEAST), key=lambda s: -s.weight)[:3]
    if strong:
        words = ", ".join(f"{esc(s.label)} ({s.weight:+.2f})" for s in strong)
        show(f'<div class="k-note">Most weight: {words}. Dotted words speak against it.</div>')
    else:
        show(f'<div class="k-note">No word speaks for {esc(target)} by a hundredth or more.</div>')


def show_regions(picture: Picture, spans: Sequence[Span], target: str) -> None:
    """Show a picture with the regions that add to the prediction.

    Parameters
    ----------
    picture : Picture
    spans : sequence of Span
        With boxes in shares of width and height.
    target : str
        What is explained.
    """
    cells = [(span.where, span.weight) for span in spans]
    st.image(
        heat(picture, cells, target_colour(target)),
        width=420,
        alt=f"Your image with the regions that speak for {target} tinted",
    )
    best = max(spans, key=lambda s: s.weight)
    if best.weight >= LEAST:
        where = _place(best.where)
        like = f", it looks like {esc(best.label)}" if best.label else ""
        show(
            f'<div class="k-note">Most weight: {where} ({best.weight:+.2f}){like}. '
            "Grey regions speak against it.</div>"
        )
    else:
        show(
            f'<div class="k-note">No region speaks for {esc(target)} by a hundredth or more.</div>'
        )


def _place(box: tuple[float, ...]) -> str:
    """Say where a box lies."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    row = "top" if y < 0.36 else "bottom" if y > 0.64 else "middle"
    column = "left" if x < 0.36 else "right" if x > 0.64 else "centre"
    return "the centre" if (row, column) == ("middle", "centre") else f"the {row} {column}"


def columns(sound: Sound, spans: Sequence[Span], count: int = 120) -> list[tuple[float, float]]:
    """Cut a sound into columns of a waveform.

    Parameters
    ----------
    sound : Sound
    spans : sequence of Span
        With first and last second.
    count : int
        How many columns at most.

    Returns
    -------
    list of (float, float)
        Peak of each column as a share of the loudest one, and the weight of
        the span that it lies in.
    """
    count = min(count, len(sound.samples))
    edges = np.linspace(0, len(sound.samples), count + 1).astype(int)
    peaks = [float(np.abs(sound.samples[a:b]).max()) for a, b in pairwise(edges)]
    loudest = max(peaks, default=0.0) or 1.0
    made = []
    for (a, b), peak in zip(pairwise(edges), peaks, strict=True):
        at = (a + b) / 2 / sound.rate
        weight = next((s.weight for s in spans if s.where[0] <= at < s.where[1]), 0.0)
        made.append((peak / loudest, weight))
    return made


def show_seconds(sound: Sound, spans: Sequence[Span], target: str) -> None:
    """Show a waveform, tinted where it adds to the prediction.

    Parameters
    ----------
    sound : Sound
    spans : sequence of Span
        With first and last second.
    target : str
        What is explained.
    """
    colour, peak = target_colour(target), _relative(spans)
    bars = []
    for loud, weight in columns(sound, spans):
        share = 100 * min(max(weight / peak, 0.0), 1.0)
        tint = f"color-mix(in srgb, {colour} {30 + 0.7 * share:.0f}%, transparent)"
        style = f"height:{max(100 * loud, 3):.0f}%" + (f";background:{tint}" if share > 5 else "")
        bars.append(f'<i style="{style}" title="{weight:+.3f}"></i>')
    ends = "".join(f"<span>{sound.seconds * share:.1f} s</span>" for share in (0, 0.5, 1))
    show(
        f'<div class="k-wave" role="img" aria-label="Waveform of your sound, tinted in the '
        f'seconds that speak for {esc(target)}">{"".join(bars)}</div>'
        f'<div class="k-ends">{ends}</div>'
    )
    best = max(spans, key=lambda s: s.weight)
    if best.weight >= LEAST:
        like = f", it sounds like {esc(best.label)}" if best.label else ""
        show(
            f'<div class="k-note">Most weight: seconds {best.where[0]:.1f} to '
            f"{best.where[1]:.1f} ({best.weight:+.2f}){like}.</div>"
        )
    else:
        show(
            f'<div class="k-note">No second speaks for {esc(target)} by a hundredth or more.</div>'
        )


def show_concepts(title: str, concepts: Sequence[tuple[str, float]]) -> None:
    """Show the concepts between a picture or a sound and its emotion; none that is at 0 %."""
    some = [(name, share) for name, share in concepts if round(100 * share) >= 1][:8]
    if not some:
        return
    chips = "".join(f"<span>{esc(name)} <small>{share:.0%}</small></span>" for name, share in some)
    show(f'<div class="k-label">{esc(title)}</div><div class="k-chips">{chips}</div>')
