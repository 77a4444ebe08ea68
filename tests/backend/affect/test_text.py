"""The text head on the seed's texts, with vectors that stand for what they say."""

from __future__ import annotations

import numpy as np
import pytest

from backend.affect.evidence import OUTPUTS
from backend.affect.fitting.labels import PLAIN, Texts, read_texts, trains_plain
from backend.affect.fitting.text import GAMMA, fit_text
from backend.affect.text import VALENCE, TextHead


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
    tensors, held_out = fit_text(vectors, data)
    assert held_out["sentiment"].shape == (len(data),)
    assert held_out["emotion"].shape == (len(data), len(OUTPUTS))
    return TextHead(tensors, GAMMA)


def test_it_tells_emotions_apart(head: TextHead, data: Texts, vectors: np.ndarray) -> None:
    known = data.first >= 0
    found = head.scores(vectors, data.texts)[known, :9].argmax(axis=1)
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


def test_the_judging_stamps_are_not_trained_on() -> None:
    texts = read_texts()
    taught = {g.split(":")[1] for g in texts.groups[texts.sources == PLAIN]}
    assert taught and all(trains_plain(post) for post in taught)
