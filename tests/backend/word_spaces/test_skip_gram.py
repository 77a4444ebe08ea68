"""Learning words from posts, and mapping images among them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from backend.core.vectors import normalize
from backend.domain import Kind
from backend.word_spaces import skip_gram
from backend.word_spaces.build import tokens, vocabulary
from backend.word_spaces.space import WordSpace, from_rows, to_rows


@pytest.fixture(scope="module")
def posts() -> list[np.ndarray]:
    """Words 0-9 keep each other company, and so do 10-19."""
    rng = np.random.default_rng(0)
    return [rng.permutation(10)[:6] + 10 * (i % 2) for i in range(400)]


def test_words_of_one_company_are_near(posts: list[np.ndarray]) -> None:
    learnt = skip_gram.skip_gram(posts, 20, dim=16, epochs=10)
    vectors = normalize(learnt - learnt.mean(axis=0))
    scores = vectors @ vectors.T
    within = (scores[:10, :10].sum() - 10) / 90
    assert within > 0.5 and within > scores[:10, 10:].mean() + 0.5


def test_the_same_each_time(posts: list[np.ndarray]) -> None:
    one = skip_gram.skip_gram(posts, 20, dim=8, epochs=2)
    assert np.array_equal(one, skip_gram.skip_gram(posts, 20, dim=8, epochs=2))


def test_a_warm_start_is_held(posts: list[np.ndarray]) -> None:
    start = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    loose = skip_gram.skip_gram(posts, 20, start=start, epochs=4)
    held = skip_gram.skip_gram(posts, 20, start=start, pull=5.0, epochs=4)
    assert np.abs(held - start).mean() < np.abs(loose - start).mean()


def test_words_without_a_clean_vector_begin_among_their_company() -> None:
    known = {"sea": np.array([1.0, 0.0]), "car": np.array([0.0, 1.0])}
    posts = [np.array([0, 2]), np.array([0, 2]), np.array([1])]
    made = skip_gram.warm_start(["sea", "car", "knalgan", "alone"], posts, known)
    assert made.tolist() == [[1, 0], [0, 1], [1, 0], [0, 0]]


def test_the_map_finds_a_linear_relation() -> None:
    rng = np.random.default_rng(0)
    features, matrix = rng.normal(size=(200, 12)), rng.normal(size=(12, 5))
    made = skip_gram.fit_map(features, features @ matrix + 3.0)
    assert np.allclose(features @ made[:-1] + made[-1], features @ matrix + 3.0, atol=0.05)


def test_posts_too_short_to_learn_from() -> None:
    made = skip_gram.skip_gram([np.array([0]), np.array([1])], 2, dim=4, epochs=2)
    assert made.shape == (2, 4) and np.isfinite(made).all()


def test_spaces_come_back_from_rows() -> None:
    space = WordSpace(
        ("sea", "car"),
        np.array([3, 1]),
        np.eye(2, dtype=np.float32),
        {Kind.IMAGE: np.ones((4, 2), dtype=np.float32)},
    )
    again = from_rows(to_rows({"metadata": space}))["metadata"]
    assert again.words == space.words and again.counts.tolist() == [3, 1]
    assert np.array_equal(again.vectors, space.vectors)
    assert np.array_equal(again.maps[Kind.IMAGE], space.maps[Kind.IMAGE])
    assert again.mapped(Kind.IMAGE, np.ones((1, 3))).shape == (1, 2)


def test_words_of_a_post_are_not_said_twice() -> None:
    assert tokens("Red car", "A red car in rain", ["car", "old timer"], "en") == [
        "red",
        "car",
        "rain",
        "car",
        "old",
        "timer",
    ]


def test_rare_and_odd_words_are_left_out() -> None:
    counts = Counter({"sea": 9, "car": 2, "once": 1, "grpahics": 3, "knalgan": 6})
    assert vocabulary(counts, {"sea", "car", "once"}) == ["sea", "knalgan", "car"]
