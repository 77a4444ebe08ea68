"""The graph of neighbours."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from backend.maps import graph, layout


def _vectors(n: int, dim: int = 16, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(20, dim))
    return graph.centred(middles[np.arange(n) % 20] + 0.5 * rng.normal(size=(n, dim)))


def test_neighbours_are_those_that_comparing_all_gives() -> None:
    vectors = _vectors(300)
    found, distances = graph.neighbours(vectors, 8)
    wanted = np.argsort(-(vectors @ vectors.T), axis=1)[:, :8]
    assert (found[:, 0] == np.arange(300)).all() and (distances[:, 0] == 0).all()
    assert (np.sort(found, 1) == np.sort(wanted, 1)).mean() > 0.999
    assert (np.diff(distances, axis=1) >= 0).all()


def test_inverted_lists_find_nearly_all_of_them() -> None:
    vectors = _vectors(6_000)
    exact, _ = graph.neighbours(vectors, 10)
    rough, _ = graph.neighbours(vectors, 10, exact_limit=1_000)
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(exact, rough, strict=True)]
    assert np.mean(shared) > 0.95


def test_wide_vectors_are_searched_in_fewer_numbers_and_compared_in_all() -> None:
    # As those of encoders, most of whose variance is in few directions.
    scale = 1 / (1 + np.arange(400)) ** 0.7
    vectors = graph.centred(np.random.default_rng(5).normal(size=(4_000, 400)) * scale)
    exact, distances = graph.neighbours(vectors, 10)
    rough, rough_distances = graph.neighbours(vectors, 10, exact_limit=1_000)
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(exact, rough, strict=True)]
    assert np.mean(shared) > 0.9
    same = exact == rough
    assert np.array_equal(distances[same], rough_distances[same])
    of_some, _ = graph.neighbours(vectors, 10, queries=vectors[:50], exact_limit=1_000)
    assert (of_some[:, 0] == np.arange(50)).all() and of_some.shape == (50, 10)


def test_each_is_its_own_first_neighbour_among_copies() -> None:
    vectors = np.repeat(_vectors(5), 40, axis=0)
    found, distances = graph.neighbours(vectors, 6)
    assert (found[:, 0] == np.arange(200)).all()
    assert np.isfinite(distances).all() and (distances >= 0).all()


def test_fewer_vectors_than_neighbours() -> None:
    found, _ = graph.neighbours(_vectors(4), 15)
    assert found.shape == (4, 4)


def test_centring_takes_the_mean_off_and_leaves_zeros_alone() -> None:
    made = graph.centred(np.ones((3, 4), dtype=np.float32))
    assert (made == 0).all()
    given = graph.centred(np.array([[2.0, 0.0]]), mean=np.array([1.0, 0.0]))
    assert np.allclose(given, [[1.0, 0.0]])


def test_neighbours_and_the_start_do_not_depend_on_threads() -> None:
    import faiss

    vectors = graph.centred(np.random.default_rng(3).normal(size=(1_500, 96)))
    made = []
    for threads in (1, 2):
        faiss.omp_set_num_threads(threads)
        with threadpool_limits(threads):
            found, distances = graph.neighbours(vectors, 15)
            made.append((found, distances, layout.principal_components(vectors, 2)))
    for one, other in zip(*made, strict=True):
        assert np.array_equal(one, other)
