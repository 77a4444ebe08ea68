"""Why a post got its prediction: words, regions, seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import streamlit as st

from app.common.markup import esc, show
from app.common.palette import MODALITY_NAMES, percent, shortened
from app.components.analyse.tints import peak, target_colour, tints, without
from app.components.shared.pictures import outline, tint_regions
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
from backend.text.reading import Reading, part_of_box, places

CARRIES = 0.4  # share of the strongest piece's weight from which others are named next to it
NAMED = 3  # pieces at most


def carriers(explanation: Explanation, spans: Sequence[Span]) -> list[Span]:
    """Return the few pieces that stand out, strongest first.

    Nothing carries "neutral", which is the absence of what could.
    """
    ranked = sorted(spans, key=lambda span: -span.weight)
    if not ranked or explanation.target == "neutral":
        return []
    least = max(STANDS_OUT, CARRIES * ranked[0].weight)
    return [span for span in ranked[:NAMED] if span.weight >= least]


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


def quoted(text: str, named: Sequence[Span]) -> list[str]:
    """Return the words that carry a prediction in reading order, neighbours as one phrase."""
    ends: list[tuple[int, int]] = []
    for start, end in sorted((int(s.where[0]), int(s.where[1])) for s in named):
        if ends and not text[ends[-1][1] : start].strip():
            ends[-1] = ends[-1][0], end
        else:
            ends.append((start, end))
    return [shortened(text[start:end], 60) for start, end in ends]


def show_words(explanation: Explanation, text: str, spans: Sequence[Span]) -> None:
    """Show a text with its words tinted by their contribution to the target.

    The spans are positions of characters and need not cover the text.
    """
    probability, target = explanation.probability, explanation.target
    parts, end = [], 0
    for tint in tints(explanation, spans):
        style = f"background:{tint.background}"
        if tint.share < 0:
            style = f"background:none;border-bottom:2px dotted rgba(128,128,128,{-tint.share:.2f})"
        parts += [
            esc(text[end : tint.start]),
            f'<mark style="{style}" title="{esc(tint.label)}">{esc(text[tint.start : tint.end])}'
            "</mark>",
        ]
        end = tint.end
    parts.append(esc(text[end:]))
    show(f'<p class="k-quote" dir="auto">{"".join(parts)}</p>')
    named = carriers(explanation, spans)
    if named:
        words = " and ".join(f"“{esc(phrase)}”" for phrase in quoted(text, named))
        start, stop = map(int, named[0].where)
        strongest = esc(shortened(text[start:stop], 60))
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
    named = carriers(explanation, spans)
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
    for (a, b), loud in zip(pairwise(edges), peaks, strict=True):
        at = (a + b) / 2 / sound.rate
        weight = next((s.weight for s in spans if s.where[0] <= at < s.where[1]), 0.0)
        waveform.append((loud / loudest, weight))
    return waveform


def show_seconds(explanation: Explanation, sound: Sound) -> None:
    """Show a waveform with the seconds tinted that add to the prediction of the target."""
    target, spans = explanation.target, explanation.spans[Modality.AUDIO]
    colour, heaviest = target_colour(target), peak(spans)
    bars = []
    for loud, weight in columns(sound, spans):
        share = 100 * min(max(weight / heaviest, 0.0), 1.0)
        tint = f"color-mix(in srgb, {colour} {30 + 0.7 * share:.0f}%, transparent)"
        style = f"height:{max(100 * loud, 3):.0f}%" + (f";background:{tint}" if share > 5 else "")
        bars.append(f'<i style="{style}" ></i>')
    ends = "".join(f"<span>{sound.seconds * share:.1f} s</span>" for share in (0, 0.5, 1))
    show(
        f'<div class="k-wave" role="img" aria-label="Waveform of your sound, tinted in the '
        f'seconds that add to {esc(target)}">{"".join(bars)}</div>'
        f'<div class="k-ends">{ends}</div>'
    )
    named = carriers(explanation, spans)
    if named:
        best = named[0]
        like = f", which may sound like {esc(best.label)}" if best.label else ""
        show(
            f'<div class="k-note">Strongest: seconds {best.where[0]:.1f} to '
            f"{best.where[1]:.1f}{like}.</div>"
        )


def nothing_stands_out(explanation: Explanation) -> str:
    """Say once, for all modalities, that no part carries the prediction; empty where one does."""
    target = explanation.target
    pieces = [*explanation.spans.values(), *explanation.words.values()]
    if any(carriers(explanation, spans) for spans in pieces):
        return ""
    if target == "neutral":
        return "No part of it stands out, which is normal for a neutral post."
    return f"Nothing in it carries {target} alone: the prediction rests on the whole."


def show_part(
    content: Content,
    modality: Modality,
    explanation: Explanation,
    readings: Mapping[Modality, Reading],
) -> None:
    """Show what one modality of a post adds to the prediction of the target."""
    if modality is Modality.TEXT and content.text:
        show_words(explanation, content.text, explanation.spans[modality])
        return
    reading, words = readings.get(modality), explanation.words.get(modality, ())
    if modality is Modality.IMAGE and content.image:
        show_regions(explanation, content.image)
        show_concepts("Looks like", explanation.looks_like)
    elif content.audio:
        show_seconds(explanation, content.audio)
        show_concepts("May sound like", explanation.sounds_like)
    if reading is not None and words:
        written = modality is Modality.IMAGE
        show(f'<div class="k-label k-apart">{"Words in it" if written else "Words said"}</div>')
        show_words(explanation, reading.text, words)
        if written and content.image:
            show_written(explanation, content.image, reading)


def show_written(explanation: Explanation, picture: Picture, reading: Reading) -> None:
    """Show where it is written: a box around each line, the words tinted that add to the target.

    Of a video, the frame is shown that has the heaviest of these words.
    """
    words = tints(explanation, explanation.words[Modality.IMAGE])
    lines = list(zip(reading.passages, places(reading), strict=True))
    best = max(words, key=lambda tint: tint.share, default=None)
    shown = next(
        (p.frame for p, (a, b) in lines if best and a <= best.start < b), lines[0][0].frame
    )
    boxes, tinted = [], []
    for passage, (first, last) in lines:
        if passage.frame != shown:
            continue
        boxes.append(passage.where)
        for tint in words:
            if tint.share > 0 and first <= tint.start < last:
                box = part_of_box(passage, tint.start - first, min(tint.end, last) - first)
                tinted.append((box, tint.share))
    target = explanation.target
    st.image(
        outline(picture.frames[shown], boxes, target_colour(target), tinted),
        width=420,
        alt=f"The text in your image with the words that add to {target} tinted",
    )


def show_concepts(title: str, concepts: Sequence[tuple[str, float]]) -> None:
    """Show what a picture or a sound was recognised as; concepts at 0 % are left out."""
    known = [(name, share) for name, share in concepts if round(100 * share) >= 1][:8]
    if not known:
        return
    chips = "".join(
        f"<span>{esc(name)} <small>{esc(percent(share))}</small></span>" for name, share in known
    )
    show(f'<div class="k-label">{esc(title)}</div><div class="k-chips">{chips}</div>')
