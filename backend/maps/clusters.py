"""Clusters at several granularities, and noise: HDBSCAN."""

from __future__ import annotations

import numpy as np

from backend.maps.types import UNCLUSTERED

# Smallest cluster of each level: a share of the points, and an absolute minimum.
LEVELS = {"broad": (0.02, 12), "medium": (0.005, 8), "fine": (0.002, 5)}
MIN_SAMPLES = 3


def cluster(points: np.ndarray) -> dict[str, np.ndarray]:
    """Cluster a layout at every level, from one spanning tree (McInnes & Healy 2017).

    Parameters
    ----------
    points : numpy.ndarray
        ``(n, dim)``.

    Returns
    -------
    dict of str to numpy.ndarray
        By level, broadest first: ``(n,)`` int32, the largest cluster is 0, noise is -1.
    """
    n = len(points)
    if n < 2 * LEVELS["fine"][1]:
        return {name: np.full(n, UNCLUSTERED, dtype=np.int32) for name in LEVELS}
    # The first call compiles for some seconds.
    from fast_hdbscan.hdbscan import clusters_from_spanning_tree, compute_minimum_spanning_tree

    tree, _, _ = compute_minimum_spanning_tree(
        np.ascontiguousarray(points, dtype=np.float32),
        min_samples=min(MIN_SAMPLES, n - 1),
        reproducible=True,
    )
    by_level = {}
    for name, (share, min_size) in LEVELS.items():
        labels = clusters_from_spanning_tree(
            tree, min_cluster_size=max(min_size, round(share * n)), cluster_selection_method="eom"
        )[0]
        by_level[name] = by_size(np.asarray(labels))
    return by_level


def by_size(labels: np.ndarray) -> np.ndarray:
    """Number clusters by size, from the largest; -1 stays.

    Parameters
    ----------
    labels : numpy.ndarray
        ``(n,)`` int.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int32.
    """
    names, counts = np.unique(labels[labels >= 0], return_counts=True)
    order = names[np.argsort(-counts, kind="stable")]
    rank = np.full(int(labels.max(initial=-1)) + 2, UNCLUSTERED, dtype=np.int32)
    rank[order] = np.arange(len(order))
    return rank[labels]
