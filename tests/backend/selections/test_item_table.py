"""All that a table of posts or users reads, now or later, is of the same posts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Kind, Post
from backend.selections.item_table import ItemTable


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = Corpus.create(tmp_path / "c")
    posts = [
        Post(f"p{i}", text="kites and wind", user=f"user {i % 3}", tags=("kite",)) for i in range(9)
    ]
    corpus.add(posts, bundle="toy", vectors={Kind.POST: ([p.id for p in posts], rows(9))})
    return corpus


def rows(count: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)


def change(corpus: Corpus) -> None:
    """Another process adds a post that is first in the order of the ids."""
    post = Post("a", text="snow and kites", user="user 0", tags=("snow",))
    vectors = {Kind.POST: (["a"], rows(1))}
    Corpus.open(corpus.uri).add([post], bundle="toy", vectors=vectors)
    assert corpus.refresh()


def test_what_is_read_later_is_of_the_same_posts(corpus: Corpus) -> None:
    posts = ItemTable(corpus, "toy", Kind.POST)
    change(corpus)
    users = ItemTable(corpus, "toy", Kind.USER, posts)
    assert (len(posts), len(users)) == (9, 3)
    assert posts.words.matrix.shape[0] == posts.tags.matrix.shape[0] == 9
    assert users.tags.matrix.shape[0] == users.modalities.shape[0] == 3
    assert "snow" not in {*posts.words.names, *posts.tags.names}
    found, vectors = posts.vectors
    assert len(found) == len(vectors) == 9
    assert len(ItemTable(corpus, "toy", Kind.POST)) == 10
