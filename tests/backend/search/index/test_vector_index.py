from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backend.core.vectors import normalize
from backend.domain import KindredError
from backend.search import VectorIndex, combine
from backend.search.index.vectors import combine_apart

RNG = np.random.default_rng(7)
N, DIM = 700, 24
IDS = [f"p{i:04d}é" for i in RNG.permutation(N)]
RAW = RNG.standard_normal((N, DIM)).astype(np.float32)
RAW[50:100] = RAW[0:50]  # equal vectors, far apart in the table
RAW[5] = 0
RAW[6] = np.nan
GROUPS = [f"g{i % 100 if i < 200 else i}" for i in range(N)]
INDEX = VectorIndex(IDS, RAW, groups=GROUPS)
HALF = VectorIndex(IDS, RAW, groups=GROUPS, exact_limit=100)
USABLE = [i for i in range(N) if i not in (5, 6)]


def by_numpy(query: np.ndarray, k: int, rows: list[int]) -> tuple[list[str], list[float]]:
    scores = (normalize(RAW[rows]).astype(np.float64) * normalize(query)).sum(axis=1)
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], IDS[rows[i]]))[:k]
    percentiles = [float((scores < scores[i]).sum() / len(rows) * 100) for i in order]
    return [IDS[rows[i]] for i in order], percentiles


queries = st.integers(0, 10_000).map(
    lambda seed: np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)
) | st.sampled_from(USABLE).map(lambda i: RAW[i])


@given(
    query=queries,
    k=st.integers(1, 80) | st.just(2 * N),
    share=st.none() | st.floats(0, 1),
    seed=st.integers(0, 99),
)
@hypothesis_settings(max_examples=50)
def test_exact_under_any_filter(query: np.ndarray, k: int, share: float | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    chosen = rng.random(N) < (1 if share is None else share)
    rows = [i for i in USABLE if chosen[i]]
    exclude = [IDS[i] for i in rng.choice(N, 3)]
    allowed = None if share is None else [*(IDS[i] for i in np.flatnonzero(chosen)), "unknown"]
    rows = [i for i in rows if IDS[i] not in exclude]
    for index in (INDEX, VectorIndex(IDS, RAW)):
        found = index.search(query, k, allowed=allowed, exclude=exclude)
        ids, percentiles = by_numpy(query, k, rows)
        assert found.ids.tolist() == ids
        np.testing.assert_allclose(found.percentiles, percentiles)
        assert found.candidates == len(rows) and not found.estimated


def test_equal_vectors_score_equally_and_come_by_id() -> None:
    found = INDEX.search(RAW[10], 2)
    assert found.ids.tolist() == sorted([IDS[10], IDS[60]])
    assert found.scores[0] == found.scores[1] == pytest.approx(1, abs=1e-6)
    assert found.percentiles[0] == found.percentiles[1]
    everything = VectorIndex([f"{i:03d}" for i in range(300)], np.ones((300, 4)))
    found = everything.search(np.ones(4), 3)
    assert found.ids.tolist() == ["000", "001", "002"]
    assert found.percentiles.tolist() == [0, 0, 0]


@given(query=queries, k=st.integers(1, 40))
@hypothesis_settings(max_examples=30)
def test_distinct_keeps_the_best_of_each_group(query: np.ndarray, k: int) -> None:
    found = INDEX.search(query, k, distinct=True)
    ids, _ = by_numpy(query, N, USABLE)
    seen: list[str] = []
    expected = []
    for id_ in ids:
        if (group := GROUPS[IDS.index(id_)]) not in seen:
            seen.append(group)
            expected.append(id_)
    assert found.ids.tolist() == expected[:k]


def test_distinct_leaves_out_what_is_the_same_as_an_excluded_one() -> None:
    group = {id_ for id_, g in zip(IDS, GROUPS, strict=True) if g == GROUPS[10]}
    assert len(group) == 2
    found = INDEX.search(RAW[10], N, exclude=[IDS[10]], distinct=True)
    assert not group & set(found.ids)
    assert found.candidates == len(USABLE) - 2


def test_least_similar_is_the_other_end() -> None:
    near = INDEX.search(RAW[3], N)
    far = INDEX.search(combine(RAW[3:4], [-2.0]), N)
    assert sorted(far.ids.tolist()) == sorted(near.ids.tolist())
    np.testing.assert_allclose(far.scores, -near.scores[::-1], atol=1e-6)


def test_half_precision_finds_nearly_the_same() -> None:
    for seed in range(20):
        query = np.random.default_rng(seed).standard_normal(DIM)
        exact, half = INDEX.search(query, 10), HALF.search(query, 10)
        assert not half.estimated and half.candidates == exact.candidates
        assert len(set(exact.ids) & set(half.ids)) >= 9 and (np.diff(half.scores) <= 0).all()
        np.testing.assert_allclose(half.scores, exact.scores, atol=1e-3)
        np.testing.assert_allclose(half.percentiles, exact.percentiles, atol=0.5)


def test_half_precision_under_filters() -> None:
    query = RAW[200]
    for allowed in (IDS[:80], IDS[:400]):
        exact = INDEX.search(query, 10, allowed=allowed, exclude=[IDS[0]], distinct=True)
        half = HALF.search(query, 10, allowed=allowed, exclude=[IDS[0]], distinct=True)
        assert set(half.ids) <= set(allowed) and half.candidates == exact.candidates
        assert len(set(half.ids) & set(exact.ids)) >= 9


def test_centring_takes_off_what_all_share() -> None:
    shared = RAW[USABLE] + 5
    ids = [IDS[i] for i in USABLE]
    index = VectorIndex(ids, shared, centre=True)
    plain = VectorIndex(ids, shared)
    np.testing.assert_allclose(index.mean, plain.mean)
    np.testing.assert_allclose(index.mean, normalize(shared).mean(axis=0), atol=1e-6)
    query = combine(shared[[7, 8]], [1, -0.5], means=np.stack([index.mean] * 2))
    expected = normalize(normalize(shared) - index.mean) @ query
    found = index.search(query, 5)
    np.testing.assert_allclose(found.scores, np.sort(expected)[:-6:-1], atol=1e-6)
    # Without it, two random vectors look alike.
    assert plain.search(shared[7], N).scores[-1] > 0.9 > index.search(query, N).scores[-1]


def test_vectors_are_those_that_are_compared() -> None:
    query = normalize(np.random.default_rng(1).standard_normal(DIM).astype(np.float32))
    known = [IDS[7], IDS[3]]
    for limit in (N, 10):  # in single precision, and in half
        index = VectorIndex(IDS, RAW, centre=True, exact_limit=limit)
        found = index.vectors([known[0], "none", known[1]])
        np.testing.assert_allclose(found[[0, 2]] @ query, index.scores(query, known), atol=1e-5)
        assert not found[1].any() and index.vectors([]).shape == (0, DIM)


@pytest.mark.parametrize("vector", [np.zeros(DIM), np.full(DIM, np.nan), np.full(DIM, np.inf)])
def test_a_query_without_direction_is_refused(vector: np.ndarray) -> None:
    with pytest.raises(KindredError) as error:
        INDEX.search(vector, 3)
    assert error.value.code == "empty_query"


def test_nothing_to_find() -> None:
    empty = VectorIndex([], np.empty((0, DIM)))
    for found in (
        empty.search(RAW[0], 5),
        INDEX.search(RAW[0], 5, allowed=[]),
        INDEX.search(RAW[0], 5, allowed=["unknown"]),
        INDEX.search(RAW[0], 0),
    ):
        assert found.ids.tolist() == [] and len(found.scores) == len(found.percentiles) == 0
    assert INDEX.search(RAW[0], 5, exclude=IDS).candidates == 0


@pytest.mark.parametrize(
    ("vectors", "weights", "expected"),
    [
        ([[2, 0], [0, 3]], [1, 1], [0.7071, 0.7071]),
        ([[2, 0], [0, 3]], [2, -1], [0.8944, -0.4472]),
        ([[2, 0]], [-3], [-1, 0]),
        ([[0, 0], [0, 3]], [1, 1], [0, 1]),
    ],
)
def test_terms_add_up(vectors: list, weights: list, expected: list) -> None:
    np.testing.assert_allclose(combine(np.array(vectors), weights), expected, atol=1e-4)


def test_terms_that_cancel_out_are_an_error() -> None:
    for vectors, weights in (([[1, 0], [5, 0]], [1, -1]), ([[0, 0]], [1])):
        with pytest.raises(KindredError) as error:
            combine(np.array(vectors, dtype=float), weights)
        assert error.value.code == "empty_query"


def test_ids_are_checked_against_a_filter_and_duplicates_are_named() -> None:
    ids = [f"p{i}" for i in range(5)]
    vectors = np.eye(5, dtype=np.float32)
    index = VectorIndex(ids, vectors, groups=["a", "b", "a", "c", "a"])
    allowed = pa.array(["p0", "p3", "unknown"])
    assert index.passes(["p3", "p1", "gone", "p0"], allowed).tolist() == [True, False, False, True]
    assert index.passes(["p3"], pa.array([], pa.string())).tolist() == [False]
    found = {id_: sorted(same) for id_, same in index.duplicates_of(["p2", "p1"]).items()}
    assert found == {"p2": ["p0", "p4"]}


def test_an_unwanted_term_takes_only_what_it_shares_with_the_wanted() -> None:
    food, restaurant, street = np.eye(3)
    at_the_table = food + restaurant
    apart = combine_apart(np.stack([at_the_table, restaurant]), [1.0, -1.0])
    np.testing.assert_allclose(apart, food, atol=1e-6)  # `combine` has some of its opposite
    assert combine(np.stack([at_the_table, restaurant]), [1.0, -1.0]) @ restaurant < -0.3
    # What is not there cannot be taken away.
    np.testing.assert_allclose(combine_apart(np.stack([food, street]), [1.0, -1.0]), food)
    for weights in ([1.0, 0.5], [-1.0, -1.0]):
        both = np.stack([food, street])
        np.testing.assert_array_equal(combine_apart(both, weights), combine(both, weights))
    with pytest.raises(KindredError) as error:
        combine_apart(np.stack([food, food]), [1.0, -1.0])
    assert error.value.code == "empty_query"
