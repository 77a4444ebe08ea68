"""What the pages say about a prediction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.common.palette import (
    EMOTION_COLOURS,
    KIND_NAMES,
    SENTIMENT_COLOURS,
    counted,
    petals_apart,
    subset_title,
)
from app.components.analyse.affect import (
    confidence_in_words,
    contradicts,
    disagreement,
    headline,
    missing_modalities,
    sentiment_in_words,
    sentiment_scale,
)
from backend.domain import (
    EMOTIONS,
    EMOTIONS_AND_NEUTRAL,
    SENTIMENTS,
    Affect,
    Kind,
    Modality,
    Prediction,
    Sentiment,
    subset_name,
    subsets,
)


def affect(
    neutral: float = 0.1, label: str = "neutral", sure: float = 0.8, **emotion: float
) -> Affect:
    positive = {"negative": 0.1, "neutral": 0.5, "positive": 0.9}[label]
    every = {e: emotion.get(e, 0.02) for e in EMOTIONS}
    return Affect(every, neutral, Sentiment(positive, label, (0.4, 0.6)), sure)


def prediction(**parts: Affect) -> Prediction:
    modalities = tuple(m for m in Modality if m.value in parts)
    every = {subset_name(s): parts[s[0].value] for s in subsets(modalities)}
    return Prediction(modalities, every, "test")


def test_headline_names_what_comes_near() -> None:
    title, sentence = headline(affect(joy=0.8, trust=0.6, fear=0.1))
    assert title == "Joy"
    assert "trust (60%)" in sentence and "fear" not in sentence


def test_headline_does_not_guess() -> None:
    title, sentence = headline(affect(neutral=0.7, fear=0.2))
    assert title == "No clear emotion"
    assert sentence == "Fear comes closest at 20%."
    assert headline(affect(neutral=0.4, joy=0.45))[0] == "Perhaps joy"


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        (affect(joy=0.8, label="negative"), "Joy, yet negative"),
        (affect(joy=0.4, label="negative", sure=0.5), "Perhaps joy, yet perhaps negative"),
        (affect(anger=0.8, label="positive"), "Anger, yet positive"),
        (affect(surprise=0.8, label="negative"), "Surprise"),  # has either sign
        (affect(sadness=0.8, label="negative"), "Sadness"),
        (affect(neutral=0.8, label="negative"), "Negative, without a clear emotion"),
        (affect(neutral=0.8, label="negative", sure=0.4), "No clear emotion"),
    ],
)
def test_headline_and_sentiment_never_contradict_each_other_without_a_word(
    shown: Affect, title: str
) -> None:
    found, sentence = headline(shown)
    assert found == title
    assert ("mixed feelings" in sentence) == contradicts(shown) == ("yet" in title)
    assert sentiment_in_words(shown).startswith("perhaps") == (shown.confidence < 0.6)
    assert (confidence_in_words(shown.confidence) == "not sure") == (shown.confidence < 0.6)


def test_nothing_is_certain() -> None:
    sure = affect(joy=0.99999, label="positive", sure=1.0)
    assert "100%" not in "".join(headline(sure)) and ">99%" in headline(sure)[1]
    assert "100%" not in sentiment_scale(sure)


def test_the_scale_shows_where_this_post_would_be_neutral() -> None:
    one = affect(joy=0.9, label="positive")
    assert "neutral: 40% to 60%" in sentiment_scale(one)
    stored = replace(one, sentiment=Sentiment(0.9, "positive"))
    assert stored == one
    for scale in (sentiment_scale(stored), sentiment_scale(one, compact=True)):
        assert "40%" not in scale and "positive" in scale


def test_sure_grows_with_confidence() -> None:
    words = [confidence_in_words(c) for c in (0.4, 0.65, 0.8, 0.95)]
    assert words == ["not sure", "somewhat sure", "fairly sure", "very sure"]


@pytest.mark.parametrize(
    ("text", "image", "expected"),
    [
        (affect(joy=0.8), affect(fear=0.8), True),
        (affect(joy=0.8), affect(trust=0.8), False),  # neighbours on the wheel
        (affect(label="positive"), affect(label="negative"), True),
        (affect(neutral=0.9), affect(fear=0.8), False),
    ],
)
def test_disagreement(text: Affect, image: Affect, expected: bool) -> None:
    sentence = disagreement(prediction(text=text, image=image))
    assert (sentence is not None) == expected
    if sentence:
        assert sentence.startswith("Text says") and "image says" in sentence


def test_disagreement_leaves_out_who_agrees() -> None:
    sentence = disagreement(
        prediction(text=affect(joy=0.8), image=affect(fear=0.8), audio=affect(neutral=0.9))
    )
    assert sentence is not None and "sound" not in sentence


def test_petals_go_round() -> None:
    assert petals_apart("joy", "anticipation") == 1
    assert petals_apart("joy", "sadness") == 4
    assert all(petals_apart(e, e) == 0 for e in EMOTIONS)


def test_every_emotion_and_kind_has_its_look() -> None:
    assert set(EMOTION_COLOURS) == set(EMOTIONS_AND_NEUTRAL)
    assert set(SENTIMENT_COLOURS) == set(SENTIMENTS)
    assert set(KIND_NAMES) == set(Kind)
    assert len(set(EMOTION_COLOURS.values())) == len(EMOTION_COLOURS)


def test_names() -> None:
    assert subset_title("audio+image+text") == "Text + image + sound"
    assert counted(1, Kind.POST) == "1 post"
    assert counted(3412, Kind.AUDIO) == "3,412 sounds"
    assert missing_modalities((Modality.TEXT,)) == "an image or a sound"
    assert missing_modalities(tuple(Modality)) == ""
