"""A snapshot stays as it was, whoever writes and refreshes meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Kind, Post, User
from tests.backend.corpus.samples import BUNDLE, TEXT_POST, unit


def change(corpus: Corpus) -> None:
    """Add a post, a user and a vector, as another process does, and notice it."""
    vectors = {Kind.POST: ([TEXT_POST.id], unit(1, 5))}
    other = Corpus.open(corpus.uri)
    other.add([TEXT_POST], users=[User("new:anna", "Anna")], bundle=BUNDLE, vectors=vectors)
    assert corpus.refresh()


def seen(corpus: Corpus) -> tuple[object, ...]:
    """What a corpus shows."""
    ids, vectors = corpus.vectors(BUNDLE, Kind.POST)
    return (
        corpus.version,
        corpus.stamp(BUNDLE),
        corpus.info(),
        sorted(corpus.table(["id"])["id"].to_pylist()),
        corpus.find_users(limit=1000),
        ids.tolist(),
        vectors.tobytes(),
        corpus.count_vectors(BUNDLE, Kind.POST),
        list(corpus.posts([TEXT_POST.id])),
    )


def test_a_snapshot_does_not_change(corpus: Corpus) -> None:
    snapshot, before = corpus.snapshot(), seen(corpus)
    assert seen(snapshot) == before
    change(corpus)
    assert seen(corpus) != before
    assert seen(snapshot) == seen(snapshot.snapshot()) == before
    assert all(now != then for now, then in zip(seen(corpus), before, strict=True))
    assert seen(corpus.snapshot()) == seen(corpus)


def test_writing_shows_in_the_corpus_only(corpus: Corpus) -> None:
    snapshot = corpus.snapshot()
    corpus.add([Post("mine", text="hello")])
    assert corpus.posts(["mine"]) and not snapshot.posts(["mine"])


def test_a_snapshot_is_not_written_to(corpus: Corpus) -> None:
    snapshot, before = corpus.snapshot(), corpus.version
    vectors = {Kind.WORD: (["w"], np.ones((1, 16), np.float32))}
    for act in (
        lambda: snapshot.add([TEXT_POST]),
        lambda: snapshot.add(bundle=BUNDLE, vectors=vectors),
        lambda: snapshot.write_side_tables({"x": corpus.table()}),
        snapshot.refresh,
    ):
        with pytest.raises(TypeError, match="snapshot"):
            act()
    assert not corpus.refresh() and corpus.version == before
