"""What is meant outranks the language of a query, and its emotion that of a post."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.domain import EMOTIONS, Affect, Kind, Post, Sentiment
from backend.search import Searcher
from backend.search.hybrid import fusion
from backend.search.hybrid.encoded import EncodedQuery, EncodedTerm
from backend.search.hybrid.languages import language_directions
from backend.search.hybrid.searcher import HybridSearcher

DIM, BUNDLE = 16, "tiny-1"
TOPICS, LANGUAGES = np.eye(DIM)[:6], np.eye(DIM)[6:9]  # directions of what is said, and in what


def said(topic: int, language: int) -> np.ndarray:
    """Return the vector of a text as encoders make it: much of it is the language."""
    return np.asarray(TOPICS[topic] + 2.0 * LANGUAGES[language], dtype=np.float32)


def make_corpus(path: Path, codes: tuple[str, ...] = ("en", "de", "ja")) -> Corpus:
    """Make a corpus with two posts of each topic in each language."""
    rng = np.random.default_rng(0)
    posts, rows = [], []
    for language, code in enumerate(codes):
        for topic in range(len(TOPICS)):
            for copy in "ab":
                posts.append(Post(f"{code}-{topic}-{copy}", text=f"{copy}", language=code))
                rows.append(said(topic, language) + 0.05 * rng.standard_normal(DIM))
    vectors = np.asarray(rows, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [post.id for post in posts]
    corpus = Corpus.create(path, name="many")
    of_kinds = dict.fromkeys((Kind.POST, Kind.TEXT, Native.MEANING), (ids, vectors))
    corpus.add(posts, bundle=BUNDLE, vectors=of_kinds)
    return corpus


def query(topic: int, language: int, emotion: str = "") -> EncodedQuery:
    vector = said(topic, language)
    term = EncodedTerm(Kind.TEXT, 1.0, vector, {Native.MEANING: vector})
    return EncodedQuery((term,), emotion=emotion)


def test_posts_in_every_language_are_found_before_others_in_that_of_the_query(
    tmp_path: Path,
) -> None:
    hybrid = HybridSearcher(Searcher(make_corpus(tmp_path / "many"), BUNDLE, centre=True))
    for language in range(3):
        found = hybrid.search(query(4, language), [Kind.POST], k=6).hits[Kind.POST]
        assert {hit.id.split("-")[1] for hit in found} == {"4"}


def test_a_corpus_of_one_language_has_no_directions_of_languages(tmp_path: Path) -> None:
    of_three = Searcher(make_corpus(tmp_path / "three"), BUNDLE)
    directions = language_directions(of_three, Kind.TEXT)
    assert directions.shape == (2, DIM)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-5)
    of_one = Searcher(make_corpus(tmp_path / "one", ("en",)), BUNDLE)
    assert language_directions(of_one, Kind.TEXT).shape == (0, DIM)


def affect(emotion: str, positive: float) -> Affect:
    felt = {name: 0.6 if name == emotion else 0.05 for name in EMOTIONS}
    label = "positive" if positive > 0.5 else "negative"
    return Affect(felt, 0.1, Sentiment(positive, label), 0.8)


def test_posts_of_the_named_emotion_come_first(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "felt")
    plain = HybridSearcher(Searcher(corpus, BUNDLE, centre=True))
    first, second = (hit.id for hit in plain.search(query(2, 0), [Kind.POST], k=2).hits[Kind.POST])
    felt = {first: affect("joy", 0.97), second: affect("anger", 0.05)}
    corpus.add(bundle=BUNDLE, predictions=felt)
    hybrid = HybridSearcher(Searcher(corpus, BUNDLE, centre=True))
    angry = hybrid.search(query(2, 0, "anger"), [Kind.POST], k=36).hits[Kind.POST]
    order = [hit.id for hit in angry]
    assert order.index(second) < order.index(first)
    assert "mood" not in {part for hit in angry for part in hit.parts}
    happy = hybrid.search(query(2, 0, "joy"), [Kind.POST], k=36).hits[Kind.POST]
    order = [hit.id for hit in happy]
    assert order.index(first) < order.index(second)


@pytest.mark.parametrize(
    ("emotion", "near", "far"), [("anger", 0.1, 0.9), ("joy", 0.9, 0.1)], ids=["anger", "joy"]
)
def test_mood_goes_by_emotion_and_sentiment(emotion: str, near: float, far: float) -> None:
    felt = np.array([0.5, 0.5, 0.1, np.nan])
    mood = fusion.mood(felt, np.array([near, far, near, np.nan]), emotion)
    assert mood[0] == 0 == mood[3] and mood[1] < -1 and -1 < mood[2] < 0
    # Surprise is good or bad.
    assert fusion.mood(felt[:2], np.array([near, far]), "surprise").tolist() == [0, 0]


def test_each_bundle_has_directions_of_its_own(tmp_path: Path) -> None:
    """A corpus encoded again has vectors of another length, and both may be asked for."""
    corpus = make_corpus(tmp_path / "many")
    ids, vectors = corpus.vectors(BUNDLE, Kind.TEXT)
    longer = np.pad(vectors, [(0, 0), (0, 5)])
    of_kinds = dict.fromkeys((Kind.POST, Kind.TEXT, Native.MEANING), (ids, longer))
    corpus.add(bundle="longer-1", vectors=of_kinds)
    for bundle, dim in ((BUNDLE, DIM), ("longer-1", DIM + 5)):
        searcher = Searcher(corpus, bundle, centre=True)
        assert language_directions(searcher, Kind.TEXT).shape == (2, dim)
