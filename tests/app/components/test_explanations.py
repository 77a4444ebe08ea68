"""Explanations name no part without weight, and the effect of a whole modality."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from app.components.analyse.explanations import modality_effect
from backend.domain import EMOTIONS, Affect, Modality, Prediction, Sentiment, Span
from tests.app.pages import messages
from tests.waiting import PATIENCE


def affect(trust: float, positive: float = 0.5) -> Affect:
    emotion = {e: trust if e == "trust" else 0.05 for e in EMOTIONS}
    return Affect(emotion, 0.3, Sentiment(positive, "neutral"), 0.8)


def read(text: Affect, both: Affect) -> Prediction:
    parts = {"text": text, "image": affect(0.1), "image+text": both}
    return Prediction((Modality.TEXT, Modality.IMAGE), parts, "test")


def concepts_page() -> None:
    from app.components.analyse.explanations import show_concepts

    show_concepts("Looks like", [("kitten", 0.62), ("bolo tie", 0.004), ("parachute", 0.0)])
    show_concepts("Sounds like", [("bolo tie", 0.004)])


def test_what_rounds_to_nothing_is_left_out() -> None:
    at = AppTest.from_function(concepts_page, default_timeout=PATIENCE).run()
    assert messages(at, "exception") == []
    shown = " ".join(element.value for element in at.html)
    assert "kitten <small>62%" in shown
    assert "bolo tie" not in shown and "parachute" not in shown and "Sounds like" not in shown


def test_an_image_without_a_region_that_speaks_says_what_it_does_as_a_whole() -> None:
    weak, strong = [Span((0, 0, 1, 1), 0.001)], [Span((0, 0, 1, 1), 0.2)]
    prediction = read(affect(0.2, positive=0.3), affect(0.45, positive=0.6))
    sentence = modality_effect(prediction, Modality.IMAGE, weak, "trust")
    assert sentence == "The image as a whole changes trust from 20% to 45%."
    sentence = modality_effect(prediction, Modality.IMAGE, weak, "negative")
    assert sentence == "The image as a whole changes negative from 70% to 40%."
    assert modality_effect(prediction, Modality.IMAGE, strong, "trust") == ""
    assert modality_effect(prediction, Modality.IMAGE, weak, "joy") == ""  # it does not move
    alone = Prediction((Modality.IMAGE,), {"image": affect(0.1)}, "test")
    assert modality_effect(alone, Modality.IMAGE, weak, "trust") == ""
