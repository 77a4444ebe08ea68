"""The text head on the seed's texts, with vectors that stand for what they say."""

from __future__ import annotations

import numpy as np
import pytest

from backend.affect.evidence import OUTPUTS
from backend.affect.fitting.labels import PLAIN, Texts, read_texts, trains_plain
from backend.affect.fitting.text import Judged, count_steps, fit_text
from backend.affect.text import TextHead, polarity_odds
from backend.domain import KindredError

# Of the eight emotions; surprise and anticipation can have either.
VALENCE = np.array([1.0, 1.0, -1.0, 0.0, -1.0, -1.0, -1.0, 0.0])


@pytest.fixture(scope="module")
def data() -> Texts:
    texts = read_texts()
    keep = np.zeros(len(texts), dtype=bool)
    keep[np.random.default_rng(0).choice(len(texts), 900, replace=False)] = True
    return texts.take(keep)


@pytest.fixture(scope="module")
def vectors(data: Texts) -> np.ndarray:
    """What a text says, its language and its source, in noise."""
    rng = np.random.default_rng(1)
    said = np.nan_to_num(data.emotion)
    names, codes = np.unique(data.languages, return_inverse=True)
    kinds = np.unique(data.sources, return_inverse=True)[1]
    places = rng.normal(size=(len(names), 16))[codes]
    rows = np.concatenate(
        [said, data.sentiment[:, None], places, 0.5 * np.eye(kinds.max() + 1)[kinds]], axis=1
    )
    return (rows + 0.2 * rng.normal(size=rows.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def head(data: Texts, vectors: np.ndarray) -> TextHead:
    steps: list[None] = []
    tensors, held_out = fit_text(vectors, data, step=lambda: steps.append(None))
    assert len(steps) == count_steps(data, None)
    assert held_out["sentiment"].shape == (len(data),)
    assert held_out["emotion"].shape == (len(data), len(OUTPUTS))
    assert held_out["comments"].shape == (0,)
    return TextHead(tensors)


def test_it_tells_emotions_apart(head: TextHead, data: Texts, vectors: np.ndarray) -> None:
    known = data.first >= 0
    found = head.log_odds(vectors, data.texts)[0][known].argmax(axis=1)
    assert (found == data.first[known]).mean() > 0.8


def test_sentiment_agrees_with_the_emotion(
    head: TextHead, data: Texts, vectors: np.ndarray
) -> None:
    evidence = head.evidence(vectors, data.texts)
    felt = (data.sources == "emotion") & (data.first < 8)
    valence = VALENCE[evidence.emotion[felt, :8].argmax(axis=1)]
    assert (evidence.sentiment[felt] * valence < -0.4).mean() < 0.05


def test_plain_captions_are_calm(head: TextHead, data: Texts, vectors: np.ndarray) -> None:
    evidence = head.evidence(vectors, data.texts)
    plain = data.sources == PLAIN
    felt = (data.sources == "emotion") & (data.first < 8)
    assert np.abs(evidence.sentiment[plain]).mean() < np.abs(evidence.sentiment[felt]).mean()
    assert evidence.emotion[plain, 8].mean() > evidence.emotion[felt, 8].mean() + 1.0


def test_a_text_may_be_left_out(head: TextHead, vectors: np.ndarray) -> None:
    without = head.evidence(vectors[:4])
    assert np.isfinite(without.emotion).all() and np.isfinite(without.sentiment).all()
    same = head.evidence(vectors[:4], [None, "", None, None])
    assert (without.sentiment == same.sentiment).all()


def test_an_older_head_says_what_to_do(head: TextHead) -> None:
    with pytest.raises(KindredError, match="Train the bundle again") as error:
        TextHead({"support": np.zeros((2, 3)), "emotion_weight": np.zeros((2, 9))})
    assert error.value.code == "old_bundle"


def test_comments_of_people_teach_and_calibrate(
    head: TextHead, data: Texts, vectors: np.ndarray
) -> None:
    """Labels that say the opposite of the vectors' change what the head says."""
    rng = np.random.default_rng(2)
    rows = np.repeat(vectors[data.first == 0], 12, axis=0)
    rows = rows + 0.2 * rng.normal(size=rows.shape).astype(np.float32)
    emotion = np.zeros((len(rows), len(OUTPUTS)))
    emotion[:, OUTPUTS.index("disgust")] = 1.0
    sentiment = np.tile([1.0, 0.0, 0.0], (len(rows), 1))
    training = np.arange(len(rows)) % 4 > 0
    judged = Judged([""] * len(rows), rows, emotion, sentiment, training)
    steps: list[None] = []
    tensors, held_out = fit_text(vectors, data, judged=judged, step=lambda: steps.append(None))
    assert len(steps) == count_steps(data, judged) > count_steps(data, None)
    assert held_out["comments"].shape == ((~training).sum(),)
    assert held_out["comments"].mean() < head.evidence(rows[~training]).sentiment.mean() - 0.5
    disgust, joy = OUTPUTS.index("disgust"), OUTPUTS.index("joy")
    taught, untaught = TextHead(tensors).log_odds(rows)[0], head.log_odds(rows)[0]
    gain = (taught - untaught).mean(axis=0)
    assert gain[disgust] > 1.0 and gain[joy] < -0.5


def test_a_neutral_text_is_half_way() -> None:
    odds = polarity_odds(np.array([[0.0, 1.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.5, 0.0]]))
    assert odds[0] == 0.0 and odds[1] == -odds[2] > 0.0


def test_the_judging_stamps_are_not_trained_on() -> None:
    texts = read_texts()
    taught = {g.split(":")[1] for g in texts.groups[texts.sources == PLAIN]}
    assert taught and all(trains_plain(post) for post in taught)
