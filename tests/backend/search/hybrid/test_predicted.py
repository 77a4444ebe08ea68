"""Predictions of posts and of their users, for queries that name an emotion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import EMOTIONS, Affect, Kind, Post, Sentiment, User
from backend.search import Searcher
from backend.search.hybrid import fusion, predicted
from backend.search.hybrid.encoded import EncodedQuery, EncodedTerm
from backend.search.hybrid.searcher import HybridSearcher

DIM, BUNDLE = 8, "tiny-1"


def affect(joy: float) -> Affect:
    rest = (1 - joy) / len(EMOTIONS)
    emotion = {name: joy if name == "joy" else rest for name in EMOTIONS}
    return Affect(emotion, rest, Sentiment(joy, "positive" if joy > 0.5 else "negative"), 0.9)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """A corpus of two users, of whom one is happy, near to a third."""
    corpus = Corpus.create(tmp_path / "corpus", name="felt")
    posts = [Post(f"{user}-{n}", text=user, user=user) for user in ("glad", "glum") for n in (0, 1)]
    affects = {post.id: affect(0.8 if post.user == "glad" else 0.1) for post in posts}
    rows = np.eye(DIM, dtype=np.float32)[:2] + np.eye(DIM, dtype=np.float32)[2]
    rows[1] *= 1.001
    corpus.add(
        posts,
        users=[User("glad", "Ann"), User("glum", "Bea")],
        bundle=BUNDLE,
        vectors={Kind.USER: (["glad", "glum"], rows / np.linalg.norm(rows, axis=1)[:, None])},
        predictions=affects,
    )
    return corpus


@pytest.mark.parametrize("kept", [0, 100])
def test_predictions_are_the_same_whether_they_are_kept_or_not(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(predicted, "_KEPT", kept)
    joy, positive = predicted.predicted(corpus, BUNDLE, "joy", ["glad-0", "nobody", "glum-1"])
    assert joy == pytest.approx([0.8, np.nan, 0.1], nan_ok=True)
    assert positive == pytest.approx([0.8, np.nan, 0.1], nan_ok=True)


def test_kept_predictions_are_read_again_when_the_corpus_has_changed(corpus: Corpus) -> None:
    assert np.isnan(predicted.predicted(corpus, BUNDLE, "joy", ["new"])).all()
    corpus.add([Post("new", text="hi")], bundle=BUNDLE, predictions={"new": affect(0.6)})
    assert predicted.predicted(corpus, BUNDLE, "joy", ["new"])[0] == pytest.approx([0.6])


def test_users_have_the_mean_of_their_posts_and_the_glad_come_first(corpus: Corpus) -> None:
    found = predicted.predicted_of_users(corpus, BUNDLE, "joy", ["glum", "glad", "nobody"])
    assert found is not None
    assert found[0] == pytest.approx([0.1, 0.8, np.nan], nan_ok=True)
    vector = np.eye(DIM, dtype=np.float32)[2]
    terms = EncodedTerm(Kind.USER, 1.0, vector), EncodedTerm(Kind.TEXT, 1.0, vector, {}, "joy")
    for emotion in ("joy", "sadness"):
        hits = HybridSearcher(Searcher(corpus, BUNDLE)).search(
            EncodedQuery(terms, emotion=emotion), [Kind.USER]
        )
        first = hits.hits[Kind.USER][0].id
        assert first == ("glad" if emotion == "joy" else "glum")


def test_users_are_compared_with_those_who_have_most_of_an_emotion() -> None:
    distance = fusion.mood_of_users(np.array([0.3, 0.1, np.nan]))
    assert distance[1] < distance[0] <= distance[2] == 0
    assert fusion.mood_of_users(np.array([np.nan])).tolist() == [0.0]
