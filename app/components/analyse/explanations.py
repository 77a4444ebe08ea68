"""Why a post got its prediction: words, regions, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp

import numpy as np
import streamlit as st

from app.common.markup import esc, show
from app.common.palette import (
    EMOTION_COLOURS,
    MODALITY_NAMES,
    SENTIMENT_COLOURS,
    percent,
    shortened,
)
from app.components.shared.pictures import tint_regions
from backend.domain import (
    STANDS_OUT,
    Affect,
    Content,
    Explanation,
    Modality,
    Picture,
    Prediction,
    Sound,
    Span,
    subset_name,
)


def target_colour(target: str) -> str:
    """Colour of an emotion or a sentiment label."""
    return {**SENTIMENT_COLOURS, **EMOTION_COLOURS}.get(target, "#6E6B66")


CARRIES = 0.4  # share of the strongest piece's weight from which others are named beside it
NAMED = 3  # pieces at most
FULL = STANDS_OUT  # smaller weights are tinted lightly, even if they are the largest


def carriers(explanation: Explanation, modality: Modality) -> list[Span]:
    """Return the few pieces of a modality that stand out, strongest first.

    Nothing carries "neutral", which is the absence of what could.
    """
    ranked = sorted(explanation.spans.get(modality, ()), key=lambda span: -span.weight)
    if not ranked or explanation.target == "neutral":
        return []
    least = max(STANDS_OUT, CARRIES * ranked[0].weight)
    return [span for span in ranked[:NAMED] if span.weight >= least]


def _peak(spans: Sequence[Span]) -> float:
    return max([FULL, *(abs(span.weight) for span in spans)])


def modality_effect(
    prediction: Prediction, modality: Modality, spans: Sequence[Span], target: str
) -> str:
    """Describe the effect of a whole modality, whose parts are `spans`, on a target.

    The target is an emotion, ``neutral``, ``positive`` or ``negative``. The sentence is as in "The
    image as a whole changes trust from 20% to 45%."; it is empty if a part supports the target,
    the post has no other modality, or nothing changes.
    """
    others = tuple(m for m in prediction.modalities if m != modality)
    if not others or max((s.weight for s in spans), default=0.0) >= STANDS_OUT:
        return ""
    without = _probability(prediction.subsets[subset_name(others)], target)
    with_it = _probability(prediction.affect, target)
    if round(100 * without) == round(100 * with_it):
        return ""
    name = MODALITY_NAMES[modality].lower()
    return f"The {name} as a whole changes {target} from {percent(without)} to {percent(with_it)}."


def _probability(affect: Affect, target: str) -> float:
    positive = affect.sentiment.positive
    sentiment = {"neutral": affect.neutral, "positive": positive, "negative": 1 - positive}
    return {**sentiment, **affect.emotion}[target]


def without(probability: float, weight: float) -> float:
    """Return what a probability would be without a piece of that weight."""
    odds = probability / max(1.0 - probability, 1e-9)
    rest = odds * exp(-weight)
    return rest / (1.0 + rest)


def quoted(text: str, named: Sequence[Span]) -> list[str]:
    """Return the words that carry a prediction in reading order, neighbours as one phrase."""
    ends: list[tuple[int, int]] = []
    for start, end in sorted((int(s.where[0]), int(s.where[1])) for s in named):
        if ends and not text[ends[-1][1] : start].strip():
            ends[-1] = ends[-1][0], end
        else:
            ends.append((start, end))
    return [shortened(text[start:end], 60) for start, end in ends]


def show_words(explanation: Explanation, text: str) -> None:
    """Show a text with its words tinted by their contribution to the target.

    The spans are positions of characters and need not cover the text.
    """
    probability = explanation.probability
    target, spans = explanation.target, explanation.spans[Modality.TEXT]
    colour, peak = target_colour(target), _peak(spans)
    parts, end = [], 0
    for span in sorted(spans, key=lambda s: s.where):
        first, last = int(span.where[0]), int(span.where[1])
        if first < end or target == "neutral":  # which no word speaks for
            continue
        parts.append(esc(text[end:first]))
        share = abs(span.weight) / peak
        if span.weight > 0:
            style = f"background:color-mix(in srgb, {colour} {8 + 62 * share:.0f}%, transparent)"
        else:
            style = f"background:none;border-bottom:2px dotted rgba(128,128,128,{share:.2f})"
        word = esc(text[first:last])
        tooltip = f"without it, {target} at {percent(without(probability, span.weight))}"
        parts.append(
            f'<mark style="{style}" title="{esc(tooltip)}">{word}</mark>' if share > 0.2 else word
        )
        end = last
    parts.append(esc(text[end:]))
    show(f'<p class="k-quote" dir="auto">{"".join(parts)}</p>')
    named = carriers(explanation, Modality.TEXT)
    if named:
        words = " and ".join(f"“{esc(phrase)}”" for phrase in quoted(text, named))
        strongest = esc(shortened(named[0].label, 60))
        least = esc(percent(without(probability, named[0].weight)))
        show(
            f'<div class="k-note">Carried by {words}. Without “{strongest}”, {esc(target)} falls '
            f"from {esc(percent(probability))} to {least}.</div>"
        )


def show_regions(explanation: Explanation, picture: Picture) -> None:
    """Show a picture with the regions tinted that add to the prediction of the target.

    The spans are boxes in shares of width and height.
    """
    target, spans = explanation.target, explanation.spans[Modality.IMAGE]
    cells = [(span.where, span.weight) for span in spans]
    st.image(
        tint_regions(picture, cells, target_colour(target)),
        width=420,
        alt=f"Your image with the regions that add to {target} tinted",
    )
    named = carriers(explanation, Modality.IMAGE)
    if named:
        like = f", which looks like {esc(named[0].label)}" if named[0].label else ""
        show(
            f'<div class="k-note">Strongest: {_place(named[0].where)}{like}. '
            f"Grey regions count against {esc(target)}.</div>"
        )


def _place(box: tuple[float, ...]) -> str:
    """Name the place of a box."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    row = "top" if y < 0.36 else "bottom" if y > 0.64 else "middle"
    column = "left" if x < 0.36 else "right" if x > 0.64 else "centre"
    return "the centre" if (row, column) == ("middle", "centre") else f"the {row} {column}"


def columns(sound: Sound, spans: Sequence[Span], count: int = 120) -> list[tuple[float, float]]:
    """Divide a sound into at most `count` columns of a waveform.

    Returns
    -------
    list of (float, float)
        Peak of each column as a share of the loudest one, and the weight of its span. The
        spans are of first and last second.
    """
    count = min(count, len(sound.samples))
    edges = np.linspace(0, len(sound.samples), count + 1).astype(int)
    peaks = [float(np.abs(sound.samples[a:b]).max()) for a, b in pairwise(edges)]
    loudest = max(peaks, default=0.0) or 1.0
    waveform = []
    for (a, b), peak in zip(pairwise(edges), peaks, strict=True):
        at = (a + b) / 2 / sound.rate
        weight = next((s.weight for s in spans if s.where[0] <= at < s.where[1]), 0.0)
        waveform.append((peak / loudest, weight))
    return waveform


def show_seconds(explanation: Explanation, sound: Sound) -> None:
    """Show a waveform with the seconds tinted that add to the prediction of the target."""
    target, spans = explanation.target, explanation.spans[Modality.AUDIO]
    colour, peak = target_colour(target), _peak(spans)
    bars = []
    for loud, weight in columns(sound, spans):
        share = 100 * min(max(weight / peak, 0.0), 1.0)
        tint = f"color-mix(in srgb, {colour} {30 + 0.7 * share:.0f}%, transparent)"
        style = f"height:{max(100 * loud, 3):.0f}%" + (f";background:{tint}" if share > 5 else "")
        bars.append(f'<i style="{style}" ></i>')
    ends = "".join(f"<span>{sound.seconds * share:.1f} s</span>" for share in (0, 0.5, 1))
    show(
        f'<div class="k-wave" role="img" aria-label="Waveform of your sound, tinted in the '
        f'seconds that add to {esc(target)}">{"".join(bars)}</div>'
        f'<div class="k-ends">{ends}</div>'
    )
    named = carriers(explanation, Modality.AUDIO)
    if named:
        best = named[0]
        like = f", which sounds like {esc(best.label)}" if best.label else ""
        show(
            f'<div class="k-note">Strongest: seconds {best.where[0]:.1f} to '
            f"{best.where[1]:.1f}{like}.</div>"
        )


def nothing_stands_out(explanation: Explanation) -> str:
    """Say once, for all modalities, that no part carries the prediction; empty where one does."""
    target = explanation.target
    if any(carriers(explanation, modality) for modality in explanation.spans):
        return ""
    if target == "neutral":
        return "No part of it stands out, as one expects of a neutral post."
    return f"Nothing in it carries {target} alone: the prediction rests on the whole."


def show_part(content: Content, modality: Modality, explanation: Explanation) -> None:
    """Show what one modality of a post adds to the prediction of the target."""
    if modality is Modality.TEXT and content.text:
        show_words(explanation, content.text)
    elif modality is Modality.IMAGE and content.image:
        show_regions(explanation, content.image)
        show_concepts("Looks like", explanation.looks_like)
    elif content.audio:
        show_seconds(explanation, content.audio)
        show_concepts("May sound like", explanation.sounds_like)


def show_concepts(title: str, concepts: Sequence[tuple[str, float]]) -> None:
    """Show what a picture or a sound was recognised as; concepts at 0 % are left out."""
    known = [(name, share) for name, share in concepts if round(100 * share) >= 1][:8]
    if not known:
        return
    chips = "".join(
        f"<span>{esc(name)} <small>{esc(percent(share))}</small></span>" for name, share in known
    )
    show(f'<div class="k-label">{esc(title)}</div><div class="k-chips">{chips}</div>')
