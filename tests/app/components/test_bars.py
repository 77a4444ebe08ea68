"""Bars next to each other have one scale, which is stated."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from app.components.maps.comparison import _emotions
from app.components.maps.profile import overrepresented_markup
from backend.selections.types import Contrast, OverRepresented


def widths(markup: str) -> list[float]:
    return [float(width) for width in re.findall(r"width:([\d.]+)%", markup)]


def term(word: str, share: float, rest: float) -> OverRepresented:
    return OverRepresented(word, 1, 1, share, rest, odds=2.0, p=0.01)


def contrast(name: str, mean: float) -> Contrast:
    return Contrast(name, mean, mean - 0.01, mean + 0.01, 0.1, 0.09, 0.11, 0.5)


def test_words_and_tags_of_two_sides_have_one_scale() -> None:
    tags, words, other = term("a", 0.12, 0.01), term("b", 0.06, 0.0), term("c", 0.38, 0.02)
    here = overrepresented_markup({"Tags": [tags], "Words": [words]}, also=[tags, words, other])
    there = overrepresented_markup({"Tags": [], "Words": [other]}, also=[tags, words, other])
    assert widths(here) == [30.0, 2.5, 15.0, 0.0] and widths(there) == [95.0, 5.0]
    assert here.count("bars from 0 to 40%") == 2 and there.count("bars from 0 to 40%") == 1
    assert overrepresented_markup({"Tags": [], "Words": []}, also=[other]) == ""


def test_a_compared_emotion_is_never_longer_than_a_larger_one_on_its_scale() -> None:
    one: Any = SimpleNamespace(
        emotions=[contrast("joy", 0.14)], sentiment=contrast("positive", 0.66)
    )
    two: Any = SimpleNamespace(
        emotions=[contrast("joy", 0.07)], sentiment=contrast("positive", 0.33)
    )
    drawn = _emotions(one, two, ("#111", "#222"))
    emotions, sentiment = drawn.split("Mean probability of positive sentiment")
    assert "bars from 0 to 20%" in emotions and widths(emotions) == [70.0, 35.0]
    assert "bars from 0 to 100%" in sentiment and widths(sentiment) == [66.0, 33.0]
