"""What was read is shown plainly, with how sure it is, and never as markup."""

from __future__ import annotations

import numpy as np

from app.components.analyse.readings import describe, timeline
from app.components.shared.pictures import outline
from backend.text.reading import Passage, Reading


def test_how_sure_a_reading_is() -> None:
    assert describe(Reading("Hello", confidence=0.93)) == "Read with 93 % confidence."
    unsure = describe(Reading("Oh", confidence=0.2, language="en"))
    assert unsure.startswith("Uncertain") and "Language: en." in unsure
    assert describe(Reading(note="It is in another script.")) == "It is in another script."
    assert describe(Reading()) == ""


def test_passages_have_their_second_and_no_markup() -> None:
    said = (Passage("Hello <b>you</b>", (0.0, 2.0), 0.9), Passage("Bye", (3.26, 4.0), 0.9))
    markup = timeline(Reading("x", said))
    assert "0.0 s" in markup and "3.3 s" in markup
    assert "<b>you" not in markup and "&lt;b&gt;you" in markup


def test_boxes_are_drawn_where_the_lines_are() -> None:
    frame = np.full((100, 200, 3), 255, dtype=np.uint8)
    drawn = np.asarray(outline(frame, [(0.25, 0.2, 0.75, 0.6)], "#000000"))
    assert drawn[20, 100].max() == 0 and drawn[40, 50].max() == 0  # top and left edge
    assert drawn[40, 100].min() == 255 and drawn[90, 100].min() == 255
