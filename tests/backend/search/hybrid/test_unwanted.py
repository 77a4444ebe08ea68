"""What a query takes away goes down by its meaning too, not by its words alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.domain import Kind, Post
from backend.search import Searcher
from backend.search.hybrid import fusion
from backend.search.hybrid.encoded import EncodedQuery, EncodedTerm
from backend.search.hybrid.searcher import HybridSearcher

DIM, BUNDLE = 16, "tiny-1"
BIKE, RAIN, ROAD = np.eye(DIM, dtype=np.float32)[:3]


def term(vector: np.ndarray, weight: float) -> EncodedTerm:
    return EncodedTerm(Kind.TEXT, weight, vector, {Native.MEANING: vector})


def found(path: Path, *terms: EncodedTerm) -> list[str]:
    """Return what a query finds among posts of which "wet" says in other words that it rains."""
    rng = np.random.default_rng(0)
    made = {"wet": BIKE + 0.5 * RAIN, "dry": BIKE + 0.6 * ROAD}
    made |= {f"other-{i}": rng.standard_normal(DIM) for i in range(30)}
    rows = np.array([row / np.linalg.norm(row) for row in made.values()], dtype=np.float32)
    corpus = Corpus.create(path, name="ridden")
    vectors = dict.fromkeys((Kind.POST, Kind.TEXT, Native.MEANING), (list(made), rows))
    posts = [Post(id_, text=id_, language="en") for id_ in made]
    corpus.add(posts, bundle=BUNDLE, vectors=vectors)
    hybrid = HybridSearcher(Searcher(corpus, BUNDLE))
    hits = hybrid.search(EncodedQuery(terms), [Kind.POST]).hits[Kind.POST]
    assert "unwanted" not in {part for hit in hits for part in hit.parts}
    return [hit.id for hit in hits[:2]]


def test_a_post_that_says_what_is_unwanted_in_other_words_comes_later(tmp_path: Path) -> None:
    assert found(tmp_path / "plain", term(BIKE, 1.0)) == ["wet", "dry"]
    assert found(tmp_path / "signed", term(BIKE, 1.0), term(RAIN, -1.0)) == ["dry", "wet"]


def test_nearness_to_what_is_unwanted_counts_by_its_weight_and_never_for_a_post() -> None:
    nearness = np.array([[1.0, -2.0, np.nan], [0.5, -1.0, np.nan]])
    assert fusion.unwanted(nearness, np.array([-0.5, -0.25])).tolist() == [-0.625, 0.0, 0.0]
