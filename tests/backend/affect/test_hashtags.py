"""Hashtags that name a feeling, beside what the words of a text say."""

from __future__ import annotations

import numpy as np
import pytest

from backend.affect.evidence import OUTPUTS, Evidence
from backend.affect.fitting.hashtags import LEAST, fit_hashtags
from backend.affect.fitting.text import Rated
from backend.affect.hashtags import TABLE, WEIGHT, TaggedFeelings
from backend.affect.text import TextHead
from backend.bundles.bundle import open_bundle
from backend.bundles.embedder import Embedder
from backend.domain import Content, Modality
from backend.settings import ASSETS, settings

ANGER, SADNESS = OUTPUTS.index("anger"), OUTPUTS.index("sadness")


def tagged() -> TaggedFeelings:
    evidence = np.zeros((2, len(OUTPUTS)))
    evidence[0, ANGER], evidence[1, SADNESS] = 3.0, 2.0
    words = np.frombuffer(b"fuming\nsad", np.uint8)
    return TaggedFeelings(dict(zip(TABLE, (words, evidence), strict=True)))


def test_each_tag_counts_once_and_only_where_the_text_is_english() -> None:
    texts = ["Late #Fuming #fuming", "both #fuming #sad", "ohne #sad", None, "fuming", "# sad"]
    found = tagged()(texts, np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]))
    assert found[0, ANGER] == WEIGHT * 3.0
    assert found[1, [ANGER, SADNESS]].tolist() == [WEIGHT * 1.5, WEIGHT * 1.0]
    assert not found[2:].any()
    assert not TaggedFeelings({})(texts, np.ones(6)).any()


@pytest.mark.parametrize(
    "text", ["#NotSad", "#not_sad", "https://example.org/#sad", "a&#sad", "C#sad", "#unknown"]
)
def test_tags_of_several_words_and_what_is_no_tag_say_nothing(text: str) -> None:
    assert not tagged()([text], np.ones(1)).any()


class _Reader:
    """A head that reads a word by its vector."""

    def evidence(self, vectors: np.ndarray, texts: list[str]) -> Evidence:
        return Evidence(vectors, np.zeros(len(texts)))


def test_only_words_that_name_a_feeling_are_kept() -> None:
    words = ["sad", "Sad", "table", "😡", "neutral"]
    vectors = np.zeros((5, len(OUTPUTS)))
    vectors[:2, SADNESS] = 2.0, 3.0
    vectors[2, ANGER], vectors[3, ANGER], vectors[4, -1] = LEAST / 2, 4.0, 4.0
    fitted = fit_hashtags(_Reader(), Rated(words, vectors, np.zeros(5)))  # type: ignore[arg-type]
    assert fitted["tag_words"].tobytes() == b"sad"
    assert 2.0 < fitted["tag_evidence"][0, SADNESS] < 3.0  # of the second, bounded
    empty = fit_hashtags(_Reader(), Rated(words[2:3], vectors[2:3], np.zeros(1)))  # type: ignore[arg-type]
    assert not TaggedFeelings(empty)(["#sad"], np.ones(1)).any()


def test_the_shipped_head_reads_tags_and_leaves_the_sentiment_as_it_is() -> None:
    bundle = open_bundle(ASSETS / "bundles" / settings().bundle)
    said = "I will eat the chocolates we bought"
    texts = [said, f"{said} #fuming", f"{said} #saddened"]
    features = Embedder(bundle, "cpu").features([Content(text=text) for text in texts])
    vectors = np.stack([f.vectors[Modality.TEXT] for f in features])
    every = bundle.tensors("affect")
    untagged = {k: v for k, v in every.items() if k not in TABLE}
    before, after = (TextHead(some).evidence(vectors, texts) for some in (untagged, every))
    moved = after.emotion - before.emotion
    assert not moved[0].any()
    assert moved[1:].argmax(axis=1).tolist() == [ANGER, SADNESS]
    assert moved[1, ANGER] > 1.0 and moved[2, SADNESS] > 1.0
    assert (before.sentiment == after.sentiment).all()  # calibrated without tags
    assert np.array_equal(before.neutral, after.neutral)
