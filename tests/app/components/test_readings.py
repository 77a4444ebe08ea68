"""What was read is shown plainly, with how sure it is and where, and never as markup."""

from __future__ import annotations

import numpy as np
import pytest

from app.components.analyse.readings import describe
from app.components.analyse.timeline.mount import passages_of
from app.components.analyse.tints import tints
from app.components.shared.pictures import outline
from backend.domain import Explanation, Span
from backend.text.reading import Passage, Reading, part_of_box, places


def test_how_sure_a_reading_is() -> None:
    assert describe(Reading("Hello", confidence=0.93)) == "Read with 93 % confidence."
    assert "99 %" in describe(Reading("Hello", confidence=1.0))  # never certain
    unsure = describe(Reading("Oh", confidence=0.2, language="en"))
    assert unsure.startswith("Uncertain") and "Language: English." in unsure
    assert describe(Reading(note="It is in another script.")) == "It is in another script."
    assert describe(Reading()) == ""


SAID = Reading(
    "I lost <b>my</b> dog. Bye, dog",
    (Passage("I lost <b>my</b> dog.", (0.0, 2.0), 0.9), Passage("Bye, dog", (3.26, 4.0), 0.9)),
)


def said(target: str, *weights: tuple[int, int, float]) -> list[dict]:
    spans = tuple(Span((float(a), float(b)), weight) for a, b, weight in weights)
    explanation = Explanation(target, 0.8, {})
    return passages_of(SAID, tints(explanation, spans), start=6.0, whole=20.0)


def test_passages_lie_where_the_player_has_them() -> None:
    first, second = said("sadness")
    assert (first["start"], first["end"], first["clock"]) == (0.3, 0.4, "0:06")
    assert second["start"] == pytest.approx(9.26 / 20) and second["clock"] == "0:09"


def test_the_words_that_carry_the_feeling_are_tinted_in_their_passage() -> None:
    first, second = said("sadness", (2, 6, 1.5), (17, 20, 0.9), (27, 30, 0.02))
    assert "".join(piece["text"] for piece in first["pieces"]) == SAID.passages[0].text
    tinted = [piece["text"] for piece in first["pieces"] if piece.get("style")]
    assert tinted == ["lost", "dog"]
    assert "without it, sadness at" in first["pieces"][1]["label"]
    assert second["pieces"] == [{"text": "Bye, dog"}]  # its weight is next to nothing
    assert said("neutral", (2, 6, 1.5))[0]["pieces"] == [{"text": SAID.passages[0].text}]


def test_boxes_are_drawn_where_the_lines_are_and_words_tinted_in_them() -> None:
    frame = np.full((100, 200, 3), 255, dtype=np.uint8)
    line = Passage("so sad", (0.25, 0.2, 0.75, 0.6), 0.9)
    assert places(Reading("so sad", (line,))) == [(0, 6)]
    word = part_of_box(line, 3, 6)
    assert 0.4 < word[0] < 0.6 and word[2] == pytest.approx(0.75)
    drawn = np.asarray(outline(frame, [line.where], "#000000", [(word, 1.0)]))
    assert drawn[20, 100].max() == 0 and drawn[40, 50].max() == 0  # top and left edge
    assert drawn[40, 70].min() == 255 and drawn[90, 100].min() == 255
    assert drawn[40, 130].max() < 150
