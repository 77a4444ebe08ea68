"""A corpus stays with its vectors when another bundle is activated."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.corpus import Corpus
from backend.corpus.encodings import OWN, best_bundle, mark_complete, unmark
from backend.domain import Kind, Post


def corpus_of(folder: Path, bundles: dict[str, int]) -> Corpus:
    """A corpus of three posts, of which each bundle has encoded the first ones."""
    corpus = Corpus.create(folder)
    posts = [Post(id=str(i), text="a") for i in range(3)]
    corpus.add(posts)
    for bundle, count in bundles.items():
        ids = [post.id for post in posts[:count]]
        corpus.add(bundle=bundle, vectors={Kind.POST: (ids, np.eye(3, dtype=np.float32)[:count])})
    return corpus


def test_the_bundle_with_most_posts_is_used(tmp_path: Path) -> None:
    assert best_bundle(corpus_of(tmp_path / "a", {}), "new") == "new"
    assert best_bundle(corpus_of(tmp_path / "b", {"old": 3}), "new") == "old"
    assert best_bundle(corpus_of(tmp_path / "c", {"old": 3, "new": 2}), "new") == "old"
    assert best_bundle(corpus_of(tmp_path / "d", {"old": 3, "new": 3}), "new") == "new"
    assert best_bundle(corpus_of(tmp_path / "e", {OWN: 3, "new": 3}), "new") == OWN


def test_a_bundle_that_did_all_it_could_is_used(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"old": 3, OWN: 3, "new": 2})
    mark_complete(corpus, "new")
    assert best_bundle(corpus, "new") == "new"
    assert best_bundle(corpus, "old") == OWN  # it is not the active one any more
    unmark(corpus, "new")
    assert best_bundle(corpus, "new") == OWN
