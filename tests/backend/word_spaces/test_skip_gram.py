"""Learning words from posts, and mapping images among them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

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


def test_pairs_are_two_words_of_one_post_within_the_window_in_both_directions() -> None:
    noise = np.random.default_rng(0)
    posts = [noise.integers(0, 6, length) for length in (14, 1, 0, 5, 2)]
    wanted = Counter(
        (int(post[i]), int(post[j]))
        for post in posts
        for i in range(len(post))
        for j in range(len(post))
        if 0 < abs(i - j) <= skip_gram.WINDOW and post[i] != post[j]
    )
    left, right = skip_gram._pairs(posts, np.ones(6), np.random.default_rng(1))
    assert Counter(zip(left.tolist(), right.tolist(), strict=True)) == wanted
    rare = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    left, right = skip_gram._pairs(posts, rare, np.random.default_rng(1))
    assert 5 not in left and 5 not in right and 4 in left


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


@pytest.mark.parametrize("pull", [0.0, 0.7])
def test_a_step_follows_the_gradient_of_equation_four(
    posts: list[np.ndarray], pull: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mikolov et al. 2013, eq. 4, differentiated by hand, and the pull towards the start."""
    seen: list[tuple[np.ndarray, ...]] = []

    class Watched(torch.optim.SparseAdam):
        def step(self, closure: None = None) -> None:  # type: ignore[override]
            tensors = self.param_groups[0]["params"]
            if len(seen) < 2:
                values = [t.detach().numpy().astype(np.float64).copy() for t in tensors]
                grads = [t.grad.coalesce().to_dense().numpy() for t in tensors]
                seen.append((*values, *grads))
            super().step(closure)

    monkeypatch.setattr(torch.optim, "SparseAdam", Watched)
    start = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    skip_gram.skip_gram(posts, 20, start=start, pull=pull, epochs=2, seed=5)
    rng = np.random.default_rng(5)
    counts = np.bincount(np.concatenate(posts), minlength=20)
    keep = np.minimum(np.sqrt(2e-3 / (counts / counts.sum())), 1.0)
    left, right = skip_gram._pairs(posts, keep, rng)
    order = rng.permutation(len(left))
    size = int(np.clip(len(order) // 64, 32, 2048))
    edges = np.cumsum(counts**0.75 / (counts**0.75).sum())
    for step, (words, contexts, word_grad, context_grad) in enumerate(seen):
        rows = order[step * size : (step + 1) * size]
        negatives = np.searchsorted(edges, rng.random((len(rows), 8)) * edges[-1])
        by_word, by_context = np.zeros((20, 8)), np.zeros((20, 8))
        for row, sampled in zip(rows, negatives, strict=True):
            w, c = left[row], right[row]
            near = sigmoid(words[w] @ contexts[c]) - 1.0
            by_word[w] += near * contexts[c] + 2 * pull * (words[w] - start[w])
            by_context[c] += near * words[w]
            for n in sampled:
                far = sigmoid(words[w] @ contexts[n])
                by_word[w] += far * contexts[n]
                by_context[n] += far * words[w]
        np.testing.assert_allclose(word_grad, by_word / len(rows), atol=1e-5)
        np.testing.assert_allclose(context_grad, by_context / len(rows), atol=1e-5)
