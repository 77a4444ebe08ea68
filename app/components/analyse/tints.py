"""Which words of a text are tinted, and how strongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS, percent
from backend.domain import STANDS_OUT, Explanation, Span

FULL = STANDS_OUT  # smaller weights are tinted lightly, even if they are the largest
LEAST = 0.2  # share of the heaviest piece's weight below which a piece is not tinted


@dataclass(frozen=True, slots=True)
class Tint:
    """A tinted piece of a text.

    Attributes
    ----------
    start, end : int
        In characters.
    share : float
        Of the heaviest piece's weight, -1 to 1; negative where the piece speaks against the
        target.
    background, label : str
        CSS colour, and what the prediction would be without the piece.
    """

    start: int
    end: int
    share: float
    background: str
    label: str


def target_colour(target: str) -> str:
    """Colour of an emotion or a sentiment label."""
    return {**SENTIMENT_COLOURS, **EMOTION_COLOURS}.get(target, "#6E6B66")


def peak(spans: Sequence[Span]) -> float:
    """Return the weight that gets the full tint."""
    return max([FULL, *(abs(span.weight) for span in spans)])


def without(probability: float, weight: float) -> float:
    """Return what a probability would be without a piece of that weight."""
    odds = probability / max(1.0 - probability, 1e-9)
    rest = odds * exp(-weight)
    return rest / (1.0 + rest)


def tints(explanation: Explanation, spans: Sequence[Span]) -> list[Tint]:
    """Return the pieces of a text to tint, ascending; none for "neutral", which no word carries.

    The spans are positions of characters and need not cover the text.
    """
    target, probability = explanation.target, explanation.probability
    found: list[Tint] = []
    if target == "neutral":
        return found
    colour, heaviest, end = target_colour(target), peak(spans), 0
    for span in sorted(spans, key=lambda s: s.where):
        first, last = int(span.where[0]), int(span.where[1])
        share = span.weight / heaviest
        if first < end or abs(share) <= LEAST:
            continue
        background = f"color-mix(in srgb, {colour} {8 + 62 * share:.0f}%, transparent)"
        label = f"without it, {target} at {percent(without(probability, span.weight))}"
        found.append(Tint(first, last, share, background if share > 0 else "", label))
        end = last
    return found
