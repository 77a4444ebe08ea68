"""Users of a corpus in their own space: made once, then brought up to date without training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.corpus.model_outputs import REACTIONS
from backend.corpus.native import Native
from backend.corpus.schema import REACTIONS as SCHEMA
from backend.domain import Kind, Post
from backend.search import Searcher, corpus_users
from backend.search.hybrid import dense
from backend.search.hybrid.encoded import EncodedTerm

BUNDLE, DIM = "tiny-1", 16
USERS = [f"u{i}" for i in range(8)]
STYLES = np.random.default_rng(9).normal(size=(len(USERS), 4))


def add(corpus: Corpus, name: str, user: str, style: np.ndarray, seed: int, count: int = 1) -> None:
    """Add posts of a user: topics that vary, and a weak style that does not."""
    rng = np.random.default_rng(seed)
    ids = [f"{name}{i}" for i in range(count)]
    text = np.concatenate([3 * rng.normal(size=(count, DIM - 4)), np.tile(style, (count, 1))], 1)
    text = normalize(text.astype(np.float32))
    corpus.add(
        [Post(id_, text="words", user=user) for id_ in ids],
        bundle=BUNDLE,
        vectors={
            Kind.POST: (ids, text),
            Kind.TEXT: (ids, text),
            Kind.USER: ([user], normalize(text.mean(axis=0, keepdims=True))),
            Native.MEANING: (ids, text),
        },
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    made = Corpus.create(tmp_path / "mine")
    for i, (user, style) in enumerate(zip(USERS, STYLES, strict=True)):
        add(made, f"{user}-", user, style, seed=i, count=12)
    return made


def nearest(users: corpus_users.CorpusUsers, corpus: Corpus, post: str) -> str:
    _, vectors = corpus.vectors(BUNDLE, Native.MEANING, [post])
    placed = users.place({Native.MEANING: vectors[0]})
    assert placed is not None
    return str(users.index.search(placed, 1).ids[0])


def test_what_was_made_is_kept_with_the_corpus(corpus: Corpus, tmp_path: Path) -> None:
    assert corpus_users.read(corpus, BUNDLE) is None
    made = corpus_users.make(corpus, BUNDLE)
    assert made is not None
    kept = corpus_users.read(Corpus.open(tmp_path / "mine"), BUNDLE)
    assert kept is not None and kept.ids.tolist() == USERS
    np.testing.assert_allclose(kept.vectors, made.vectors, atol=2e-3)  # half precision
    assert kept.posts.tolist() == [12] * len(USERS)
    ids, vectors = corpus_users.vectors_of(corpus, BUNDLE, Kind.USER)
    assert ids.tolist() == USERS and vectors.shape == (8, 7)


def test_new_posts_and_new_users_need_no_training(corpus: Corpus) -> None:
    made = corpus_users.make(corpus, BUNDLE)
    assert made is not None
    add(corpus, "more-", "u3", STYLES[5], seed=50, count=60)  # their style has changed
    add(corpus, "new-", "zoe", -STYLES[1], seed=51, count=12)
    now = corpus_users.read(corpus, BUNDLE)
    assert now is not None and now.ids.tolist() == [*USERS, "zoe"]
    assert now.space.maps["meaning"] == pytest.approx(made.space.maps["meaning"], rel=1e-3)
    cosines = [float(now.vectors[i] @ made.vectors[i]) for i in range(8)]
    assert min(c for i, c in enumerate(cosines) if i != 3) > 0.999
    assert cosines[3] < 0.8
    assert now.vectors[3] @ now.vectors[5] > 0.8
    add(corpus, "later-", "zoe", -STYLES[1], seed=52)
    latest = corpus_users.read(corpus, BUNDLE)
    assert latest is not None and nearest(latest, corpus, "later-0") == "zoe"
    assert latest.posts[-1] == 13
    # As if all were computed from the beginning with the same directions.
    owners = dict.fromkeys([*(f"new-{i}" for i in range(12)), "later-0"], "zoe")
    _, rows = corpus.vectors(BUNDLE, Native.MEANING, list(owners))
    whole = normalize(latest.space.posts({"meaning": rows}).mean(axis=0, keepdims=True))
    np.testing.assert_allclose(latest.vectors[-1], whole[0], atol=1e-4)


def test_many_posts_are_streamed_to_the_same_vectors(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = corpus_users.make(corpus, BUNDLE)
    monkeypatch.setattr(corpus_users, "_FEW", 5)
    streamed = corpus_users.make(corpus, BUNDLE)
    assert made is not None and streamed is not None
    np.testing.assert_allclose(streamed.vectors, made.vectors, atol=1e-5)


def test_a_corpus_without_vectors_or_with_too_few_users_has_none(tmp_path: Path) -> None:
    empty = Corpus.create(tmp_path / "empty")
    assert corpus_users.make(empty, BUNDLE) is None
    add(empty, "a", "anna", STYLES[0], seed=1, count=5)
    assert corpus_users.make(empty, BUNDLE) is None
    assert corpus_users.read(empty, BUNDLE) is None
    assert corpus_users.vectors_of(empty, BUNDLE, Kind.USER)[0].tolist() == ["anna"]


def test_search_asks_the_space_only_for_what_it_reads(corpus: Corpus) -> None:
    corpus_users.make(corpus, BUNDLE)
    searcher = Searcher(corpus, BUNDLE)
    users = searcher.users()
    assert users is not None
    joint = np.ones(DIM, dtype=np.float32)
    placed = users.vector("u2")
    terms = [EncodedTerm(Kind.TEXT, 1.0, joint, authored=placed)]
    part = dense.part_of(searcher, Kind.USER, terms)
    assert part is not None and part.index is users.index
    assert part.spread == users.space.spread
    assert dense.find(part, 1, allowed=None, exclude=(), distinct=True).ids == ["u2"]
    unread = [*terms, EncodedTerm(Kind.WORD, 1.0, joint)]
    other = dense.part_of(searcher, Kind.USER, unread)
    assert other is not None and other.index is searcher.index(Kind.USER)
    assert users.vector("nobody") is None and users.vector("u20") is None
    assert placed is not None
    found = searcher.near_users(placed, k=3, exclude=["u2"]).hits[Kind.USER]
    assert len(found) == 3 and "u2" not in [hit.id for hit in found]


def test_those_who_react_move_towards_those_they_react_to(corpus: Corpus) -> None:
    before = corpus_users.make(corpus, BUNDLE)
    rows = [{"user": "u6", "post": f"u2-{i}", "kind": "reply"} for i in range(12)]
    rows.append({"user": "stranger", "post": "u2-0", "kind": "like"})  # without a post
    corpus.write_side_tables({REACTIONS: pa.Table.from_pylist(rows, schema=SCHEMA)})
    after = corpus_users.make(corpus, BUNDLE)
    assert before is not None and after is not None and after.ids.tolist() == USERS
    gain = (after.vectors @ after.vectors.T - before.vectors @ before.vectors.T)[6]
    assert gain[2] > 0.05 and gain[2] == max(gain)
