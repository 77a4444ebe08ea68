"""The layout, its clusters and how far to trust them, on vectors with known groups."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_rand_score

from backend.maps import clusters, graph, layout, place, quality
from backend.maps.compile_ahead import compile_ahead
from backend.maps.compiled import import_umap


@pytest.fixture(scope="module")
def groups() -> np.ndarray:
    return np.repeat(np.arange(6), 50)


@pytest.fixture(scope="module")
def vectors(groups: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    middles = 3 * rng.normal(size=(6, 24))
    return graph.centred(middles[groups] + rng.normal(size=(len(groups), 24)))


@pytest.fixture(scope="module")
def points(vectors: np.ndarray) -> np.ndarray:
    return layout.lay_out(vectors)


def test_what_is_compiled_ahead_is_all_that_maps_need(vectors: np.ndarray) -> None:
    compile_ahead()
    ahead = signatures()
    clusters.cluster(layout.lay_out(vectors))
    assert ahead and signatures() == ahead


def signatures() -> set[tuple[str, object]]:
    """What Numba has compiled, or read of what it compiled before, in this process."""
    from numba.core.dispatcher import Dispatcher

    return {
        (each.py_func.__qualname__, signature)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in ("umap", "fast_hdbscan")
        for each in list(vars(module).values())
        if isinstance(each, Dispatcher)
        for signature in each.signatures
    }


def test_the_same_vectors_give_the_same_map(vectors: np.ndarray, points: np.ndarray) -> None:
    assert points.dtype == np.float32 and points.shape == (300, 2)
    assert np.array_equal(layout.lay_out(vectors), points)


def test_what_is_compiled_for_umap_is_kept_for_the_next_process(points: np.ndarray) -> None:
    import numba
    from numba.core.caching import FunctionCache

    compiled = import_umap().umap_.smooth_knn_dist
    assert isinstance(compiled._cache, FunctionCache) and compiled.stats.cache_path
    assert numba.njit(lambda x: x)._cache.cache_path is None  # others decide for themselves


def test_clusters_are_the_groups(groups: np.ndarray, points: np.ndarray) -> None:
    for labels in clusters.cluster(points).values():
        inside = labels >= 0
        assert inside.mean() > 0.8
        assert adjusted_rand_score(groups[inside], labels[inside]) > 0.95


def test_what_lies_alone_is_in_no_cluster(points: np.ndarray) -> None:
    far = points.max(axis=0) + np.array([[40.0, 0.0], [0.0, 40.0], [80.0, 80.0]])
    labels = clusters.cluster(np.concatenate([points, far.astype(np.float32)]))
    assert (labels["medium"][-3:] == -1).all()


def test_a_new_vector_lies_among_its_group(
    vectors: np.ndarray, points: np.ndarray, groups: np.ndarray
) -> None:
    kept = np.arange(len(vectors)) % 10 != 0
    xy, near = place.place(vectors[~kept], vectors[kept], points[kept])
    wanted = groups[~kept]
    assert (place.majority(groups[kept][near]) == wanted).all()
    middles = np.stack([points[kept][groups[kept] == g].mean(axis=0) for g in range(6)])
    nearest = np.linalg.norm(xy[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == wanted).all()


def test_trustworthiness_is_that_of_scikit_learn(vectors: np.ndarray, points: np.ndarray) -> None:
    ours = quality.trustworthiness(vectors, points, k=10)
    assert ours == pytest.approx(trustworthiness(vectors, points, n_neighbors=10), abs=1e-3)
    sampled = quality.trustworthiness(vectors, points, k=10, queries=150)
    assert sampled == pytest.approx(ours, abs=0.02)
    shuffled = np.random.default_rng(0).permutation(points)
    assert quality.trustworthiness(vectors, shuffled, k=10) < 0.6 < ours


def test_many_vectors_are_measured_in_blocks(
    vectors: np.ndarray, points: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = layout.principal_components(vectors, 2), quality.trustworthiness(vectors, points)
    monkeypatch.setattr(layout, "_BLOCK", 7)
    monkeypatch.setattr(quality, "_SCORES", 3 * len(vectors))
    assert np.allclose(layout.principal_components(vectors, 2), whole[0], atol=1e-5)
    assert quality.trustworthiness(vectors, points) == pytest.approx(whole[1], abs=1e-6)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_handful_of_points(n: int) -> None:
    made = layout.lay_out(np.eye(8, dtype=np.float32)[:n])
    assert made.shape == (n, 2) and np.isfinite(made).all()
    labels = clusters.cluster(made)
    assert all((some == -1).all() and len(some) == n for some in labels.values())


def test_equal_vectors_are_laid_out_too() -> None:
    made = layout.lay_out(np.tile(np.eye(4, dtype=np.float32)[0], (40, 1)))
    assert np.isfinite(made).all()


def test_clusters_are_numbered_from_the_largest() -> None:
    labels = clusters.by_size(np.array([5, 5, 2, -1, 2, 2, 9]))
    assert labels.tolist() == [1, 1, 0, -1, 0, 0, 2]
    assert clusters.by_size(np.array([-1, -1])).tolist() == [-1, -1]


def test_stability_tells_what_comes_again_from_what_does_not() -> None:
    labels = np.repeat([0, 1, -1], 100)
    rng = np.random.default_rng(0)

    def again(rows: np.ndarray, seed: int) -> np.ndarray:
        made = labels[rows].copy()
        torn = made == 1
        made[torn] = rng.integers(1, 9, torn.sum())  # the second falls into pieces
        return made

    stable = quality.stability(labels, again)
    assert stable[0] == 1.0 and stable[1] < 0.4
    assert quality.stability(np.full(9, -1), again).shape == (0,)


def test_overlaps() -> None:
    one, two = np.array([0, 0, 1, 1, -1]), np.array([3, 3, 3, -1, 0])
    assert np.allclose(quality.overlaps(one, two, 2), [2 / 3, 1 / 4])
    assert quality.overlaps(one, np.full(5, -1), 2).tolist() == [0.0, 0.0]


def test_points_begin_beside_their_nearest_neighbour_with_a_place() -> None:
    found = np.array([[0, 1], [1, 0], [2, 1], [3, 2], [4, 4]])  # a chain, and one alone
    others = np.full((5, 2), 9.0)
    made = layout.spread(found, np.array([0]), np.array([[1.0, 2.0]]), others)
    assert np.allclose(made[:4], [1.0, 2.0], atol=0.1) and np.allclose(made[4], 9.0, atol=0.1)


def test_a_large_map_is_begun_with_a_part_of_it(
    vectors: np.ndarray, groups: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "_LARGE", 200)
    points = layout.lay_out(vectors)
    assert np.array_equal(points, layout.lay_out(vectors))
    assert quality.trustworthiness(vectors, points) > 0.9


def test_an_island_far_away_comes_near_and_nothing_else_moves() -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(size=(300, 2)).astype(np.float32)
    points[:20] += (0, 80)
    closed = layout.close_gaps(points)
    assert np.ptp(closed[:, 1]) < 15
    assert (closed.argsort(axis=0) == points.argsort(axis=0)).all()
    for part in (slice(None, 20), slice(20, None)):
        moved = closed[part] - points[part]
        np.testing.assert_allclose(moved, moved.mean(axis=0) * np.ones_like(moved), atol=0.6)
    np.testing.assert_allclose(layout.close_gaps(points[20:]), points[20:], atol=0.6)


@pytest.mark.parametrize(
    "points", [np.zeros((99, 2)), np.eye(99)[:, :2], np.zeros((1, 2)), np.eye(9)[:, :2] * 9]
)
def test_few_points_and_points_that_are_nearly_all_the_same_stay(points: np.ndarray) -> None:
    np.testing.assert_array_equal(layout.close_gaps(points), points)
