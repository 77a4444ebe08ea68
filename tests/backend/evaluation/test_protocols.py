"""Nobody who is asked about was trained on, and ranks are counted the hard way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.evaluation.protocols import (
    authors_held_out,
    groups_held_out,
    pool_ranks,
    rank_measurements,
)
from backend.joint_space.pairs import Pairs
from backend.metrics.retrieval import average_precision


def pairs(seed: int, count: int) -> Pairs:
    rng = np.random.default_rng(seed)
    image = rng.standard_normal((count, 2)).astype(np.float32)
    image[rng.random(count) < 0.2] = np.nan
    every = np.arange(count)
    return Pairs(
        ids=every.astype(str),
        users=rng.integers(-1, 8, count),
        groups=rng.integers(0, count // 2, count),
        sources=rng.choice(["clips", "photos"], count),
        image=image,
        audio=np.full((count, 1), np.nan, dtype=np.float32),
        texts=rng.standard_normal((count, 2)).astype(np.float32),
        text_post=every,
        text_whole=every,
    )


@settings(max_examples=50)
@given(st.integers(0, 999), st.integers(10, 120))
def test_a_held_out_author_and_what_looks_alike_are_never_trained_on(seed: int, n: int) -> None:
    data = pairs(seed, n)
    posted = np.ones(n, dtype=bool)
    split = authors_held_out(data, "clips", posted, seed=seed)
    held = data.users[split.test]
    assert not np.isin(data.users[split.train], held).any() and (held >= 0).all()
    assert not np.isin(data.groups[split.train], data.groups[split.test]).any()
    assert (data.sources[split.test] == "clips").all() and data.has_image[split.test].all()
    assert len(np.unique(data.groups[split.test])) == len(split.test)
    assert not split.train[split.test].any()


@settings(max_examples=50)
@given(st.integers(0, 999), st.integers(10, 120))
def test_folds_test_each_group_once(seed: int, n: int) -> None:
    data = pairs(seed, n)
    mine = data.sources == "photos"
    tested = []
    for fold in range(5):
        split = groups_held_out(data, mine, seed=seed, fold=fold)
        assert mine[split.test].all()
        assert not np.isin(data.groups[split.train], data.groups[split.test]).any()
        tested.append(data.groups[split.test])
    assert sorted(np.concatenate(tested)) == sorted(np.unique(data.groups[mine]))


def test_ranks() -> None:
    axes = np.eye(6)
    assert pool_ranks(axes, axes, size=None).tolist() == [1] * 6
    assert pool_ranks(axes, -axes, size=None).tolist() == [6] * 6
    assert len(pool_ranks(axes, axes, size=4)) == 4  # only whole pools are asked
    same = np.ones((5, 3))
    assert pool_ranks(same, same, size=None).tolist() == [5] * 5


@pytest.mark.parametrize("broken", ["query", "target", "both"])
def test_a_vector_that_is_no_number_never_helps(broken: str) -> None:
    queries, targets = np.eye(4), np.eye(4)
    if broken != "target":
        queries[2] = np.nan
    if broken != "query":
        targets[2] = np.nan
    ranks = sorted(pool_ranks(queries, targets, size=None).tolist())
    assert ranks == ([1, 1, 1, 4] if broken == "query" else [2, 2, 2, 4])


def test_recall_counts_the_k_th_rank_and_the_median_is_of_the_ranks() -> None:
    ranks = np.array([1, 2, 10, 11, 100])
    found = {m.metric: m.value for m in rank_measurements("task", "system", ranks, (1, 2, 10))}
    assert found == {"R@1": 0.2, "R@2": 0.4, "R@10": 0.6, "Med r": 10.0}


def test_precision_is_taken_at_the_rank_of_each_relevant_item() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        scores, relevant = rng.permutation(9).astype(float), rng.random(9) < 0.4
        precisions = [np.mean(relevant[scores >= scores[i]]) for i in range(9) if relevant[i]]
        wanted = np.mean(precisions) if precisions else 0.0
        assert average_precision(scores, relevant) == pytest.approx(wanted)
