"""Which words a prediction rests on, at a bounded cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from backend.affect import explain_text
from backend.affect.explain_text import CHARACTERS, FEWEST, FINE, PIECES, REFINED, spans
from backend.domain import Modality
from backend.encoders.base import Encoder
from backend.settings import settings

SEEN = settings().limits.explained_characters


class Counting(Encoder):
    """Counts words: a text is as happy as it says so."""

    name, modality, dim, licence = "counting", Modality.TEXT, 1, "none"

    def __init__(self) -> None:
        self.read: list[str] = []

    def _prepare(self, item: str) -> str:
        self.read.append(item)
        return item

    def _forward(self, prepared: list[str]) -> Sequence[np.ndarray]:
        return [np.array([float(text.count("happy"))], dtype=np.float32) for text in prepared]


def weigh(text: str) -> tuple[tuple, Counting]:
    encoder = Counting()

    def drops(_: Modality, without: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        assert len(without) == len(texts)
        return 0.1 * (text[:SEEN].count("happy") - without[:, 0])

    return spans(text, encoder, drops), encoder


def test_the_word_that_counts_is_found() -> None:
    found, _ = weigh("so very happy today")
    assert max(found, key=lambda s: s.weight).label == "happy"
    assert [s.label for s in found] == ["so", "very", "happy", "today"]


def test_the_word_is_found_in_a_long_text_too() -> None:
    found, _ = weigh("rain " * 170 + "happy " + "rain " * 170)
    best = max(found, key=lambda s: s.weight)
    assert "happy" in best.label
    assert best.weight == pytest.approx(0.1)
    assert len(best.label.split()) < 340 / FEWEST / 2


@pytest.mark.parametrize("words", [1, 40, 200, 500, 3000])
def test_a_text_costs_a_bounded_number_of_characters(words: int) -> None:
    _, encoder = weigh("wordy " * words)
    assert len(encoder.read) <= PIECES + REFINED * (FINE + 1)
    assert max(map(len, encoder.read), default=0) <= SEEN
    assert (
        sum(map(len, encoder.read))
        <= max(CHARACTERS, FEWEST * SEEN) + REFINED * (FINE + 1) * SEEN / FEWEST
    )


def test_spans_lie_in_order_and_apart() -> None:
    text = "happy " * 30 + "雨が降っている" * 20 + " 😂 end"
    found, _ = weigh(text)
    ends = [0.0]
    for span in found:
        start, end = span.where
        assert ends[-1] <= start < end
        assert text[int(start) : int(end)] == span.label
        ends.append(end)


def test_nothing_is_said_of_nothing() -> None:
    assert explain_text.pieces("") == []
    assert weigh("   ")[0] == ()
