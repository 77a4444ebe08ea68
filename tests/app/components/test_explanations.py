"""Explanations name no part without weight, and the effect of a whole modality."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from app.components.analyse.explanations import carriers, modality_effect, nothing_stands_out
from backend.domain import EMOTIONS, Affect, Explanation, Modality, Prediction, Sentiment, Span
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
    weak, strong = [Span((0, 0, 1, 1), 0.01)], [Span((0, 0, 1, 1), 0.7)]
    prediction = read(affect(0.2, positive=0.3), affect(0.45, positive=0.6))
    sentence = modality_effect(prediction, Modality.IMAGE, weak, "trust")
    assert sentence == "The image as a whole changes trust from 20% to 45%."
    sentence = modality_effect(prediction, Modality.IMAGE, weak, "negative")
    assert sentence == "The image as a whole changes negative from 70% to 40%."
    assert modality_effect(prediction, Modality.IMAGE, strong, "trust") == ""
    assert modality_effect(prediction, Modality.IMAGE, weak, "joy") == ""  # it does not move
    alone = Prediction((Modality.IMAGE,), {"image": affect(0.1)}, "test")
    assert modality_effect(alone, Modality.IMAGE, weak, "trust") == ""


def words_page() -> None:
    from app.components.analyse.explanations import nothing_stands_out, show_words
    from backend.domain import Explanation, Modality, Span

    text = "I hate this <b>, a new lie again"
    weights = [("hate", 2.0), ("this", 0.02), ("<b>", -0.4), ("new", 1.1), ("lie", 1.0)]
    spans = tuple(
        Span((float(text.index(w)), float(text.index(w) + len(w))), weight, w)
        for w, weight in weights
    )
    explanation = Explanation("anger", 0.84, {Modality.TEXT: spans})
    show_words(explanation, text, spans)
    assert nothing_stands_out(explanation) == ""


def test_the_words_that_carry_it_are_named_and_no_others() -> None:
    at = AppTest.from_function(words_page, default_timeout=PATIENCE).run()
    assert messages(at, "exception") == []
    quote, note = (element.value for element in at.html)
    assert "<b>" not in quote and "&lt;b&gt;" in quote
    assert "Carried by “hate” and “new lie”." in note
    assert "Without “hate”, anger falls from 84% to 42%." in note


def test_only_what_stands_out_carries_a_prediction() -> None:
    def named(target: str, *weights: float) -> list[float]:
        spans = tuple(Span((float(i), i + 1.0), w) for i, w in enumerate(weights))
        explanation = Explanation(target, 0.5, {Modality.TEXT: spans})
        found = carriers(explanation, explanation.spans[Modality.TEXT])
        assert bool(nothing_stands_out(explanation)) == (not found)
        return [span.weight for span in found]

    assert named("joy", 0.01, 0.01, 0.02) == named("joy") == named("neutral", 2.0) == []
    assert named("joy", 0.5, 3.0, 0.4, -2.0) == [3.0]
    assert named("joy", 0.9, 1.0, 0.8, 0.7) == [1.0, 0.9, 0.8]
    assert carriers(Explanation("joy", 0.5, {}), ()) == []
