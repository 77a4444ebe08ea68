"""Which words a prediction rests on, at a bounded cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from backend.affect import explain_text
from backend.affect.explain_text import CHARACTERS, FEWEST, FINE, PHRASE, PIECES, REFINED, spans
from backend.domain import Modality
from backend.encoders.base import Encoder
from backend.settings import settings

SEEN = settings().limits.explained_characters


HAPPY = 0.5  # weight of the word


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
        return HAPPY * (text[:SEEN].count("happy") - without[:, 0])

    return spans(text, encoder, drops), encoder


def test_the_word_that_counts_is_found() -> None:
    found, _ = weigh("so very happy today")
    assert max(found, key=lambda s: s.weight).label == "happy"
    assert [s.label for s in found] == ["so", "very", "happy", "today"]


def test_the_word_is_found_in_a_long_text_too() -> None:
    found, _ = weigh("rain " * 170 + "happy " + "rain " * 170)
    best = max(found, key=lambda s: s.weight)
    assert "happy" in best.label
    assert best.weight == pytest.approx(HAPPY)
    assert len(best.label.split()) < 340 / FEWEST / 2


@pytest.mark.parametrize("words", [1, 40, 200, 500, 3000])
def test_a_text_costs_a_bounded_number_of_characters(words: int) -> None:
    _, encoder = weigh("wordy " * words)
    assert len(encoder.read) <= PIECES + FINE + REFINED * (FINE + 1)
    assert max(map(len, encoder.read), default=0) <= SEEN
    assert (
        sum(map(len, encoder.read))
        <= 2 * max(CHARACTERS, FEWEST * SEEN) + REFINED * (FINE + 1) * SEEN / FEWEST
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


def test_what_is_said_twice_stands_out_as_a_phrase() -> None:
    text = "today I was glad and merry again"

    def drops(_: Modality, without: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        return np.array([0.0 if "glad" in t or "merry" in t else 2.0 for t in texts])

    found = spans(text, Counting(), drops)
    best = max(found, key=lambda s: s.weight)
    assert best.label == "glad and merry" and best.weight == 2.0
    assert len(best.label.split()) == PHRASE
    assert [s.label for s in found] == ["today", "I", "was", "glad and merry", "again"]


def test_what_encoders_do_not_read_costs_nothing() -> None:
    found, encoder = weigh("@anna so happy https://t.co/x (1/3)")
    assert [s.label for s in found if s.weight] == ["happy"]
    assert len(encoder.read) == 2  # without "so", without "happy"
    assert explain_text.pieces("yes 😂😂 😂") == [(0, 3), (4, 8)]


def test_nothing_is_said_of_nothing() -> None:
    assert explain_text.pieces("") == []
    assert weigh("   ")[0] == ()
