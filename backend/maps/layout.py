"""From the graph of neighbours to coordinates: UMAP (McInnes et al. 2018)."""

from __future__ import annotations

import warnings

import numpy as np

from backend.maps import graph
from backend.settings import SEED

NEIGHBOURS = 15
MIN_DISTANCE = 0.1
_FEW = 4  # fewer points than this are laid on a line
_LARGE = 10_000  # from here a tenth is laid out first, and all begin next to one of it
_TENTH = 10
_PASSES = 120


def lay_out(
    vectors: np.ndarray,
    *,
    dim: int = 2,
    neighbours: int = NEIGHBOURS,
    min_distance: float = MIN_DISTANCE,
    epochs: int | None = None,
    knn: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = SEED,
) -> np.ndarray:
    """Lay vectors out so that neighbours stay neighbours; the same each time.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)`` float32 of unit length.
    dim : int
        Of the layout.
    neighbours : int
        Of each point in the graph, itself counted.
    min_distance : float
        How close points may lie.
    epochs : int, optional
        Passes over the graph; by the number of points when not given.
    knn : tuple of numpy.ndarray, optional
        As `graph.neighbours` gives it.
    seed : int

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32.
    """
    n = len(vectors)
    if n < _FEW + dim:
        line = np.zeros((n, dim), dtype=np.float32)
        line[:, 0] = np.arange(n)
        return line
    import umap  # 10 s of imports; the first fit compiles for half a minute

    neighbours = min(neighbours, n - 1)
    found, distances = knn or graph.neighbours(vectors, neighbours)
    begin = start(vectors, dim)
    if n > _LARGE:
        some = np.sort(np.random.default_rng(seed).permutation(n)[: max(n // _TENTH, _LARGE // 2)])
        first = lay_out(vectors[some], dim=dim, neighbours=neighbours, epochs=200, seed=seed)
        begin = spread(found, some, first, begin)
    layout = umap.UMAP(
        n_components=dim,
        n_neighbors=neighbours,
        min_dist=min_distance,
        metric="cosine",
        precomputed_knn=(found[:, :neighbours], distances[:, :neighbours], None),
        force_approximation_algorithm=True,  # or it ignores the graph of a small corpus
        init=begin,
        n_epochs=epochs or (_PASSES if n > _LARGE else 300),
        random_state=seed,
    )
    with warnings.catch_warnings():
        # It warns that it will not transform new points (we never do) nor use threads.
        warnings.simplefilter("ignore")
        made = layout.fit_transform(vectors)
    return np.nan_to_num(np.asarray(made, dtype=np.float32))


def spread(
    found: np.ndarray, some: np.ndarray, points: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """Put every point beside its nearest neighbour that has a place, round by round.

    Parameters
    ----------
    found : numpy.ndarray
        ``(n, k)`` int: the graph of neighbours.
    some : numpy.ndarray
        ``(m,)`` int: those that have a place.
    points : numpy.ndarray
        ``(m, dim)``: it.
    others : numpy.ndarray
        ``(n, dim)``: where what no neighbour leads to is put.

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32, with a little noise.
    """
    made, there = np.array(others, dtype=np.float32), np.zeros(len(found), dtype=bool)
    made[some], there[some] = points, True
    while True:
        known = there[found]
        reached = np.flatnonzero(~there & known.any(axis=1))
        if not len(reached):
            break
        nearest = known[reached].argmax(axis=1)
        made[reached] = made[found[reached, nearest]]
        there[reached] = True
    noise = np.random.default_rng(SEED).normal(size=made.shape)
    return (made + 1e-3 * np.ptp(points, axis=0) * noise).astype(np.float32)


def start(vectors: np.ndarray, dim: int) -> np.ndarray:
    """The first principal components, where the layout starts: global order for nothing.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``.
    dim : int

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32 within -10 and 10, with a little noise: UMAP
        cannot part points that begin at the same place. Rounded, so that it does
        not depend on the order in which threads add.
    """
    centre = np.asarray(vectors, dtype=np.float64)
    centre = centre - centre.mean(axis=0)
    _, axes = np.linalg.eigh(centre.T @ centre)
    axes = axes[:, ::-1][:, :dim]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    placed = centre @ axes
    placed *= 10.0 / max(float(np.abs(placed).max()), 1e-9)
    noise = np.random.default_rng(SEED).normal(scale=1e-4, size=placed.shape)
    return (np.round(placed, 6) + noise).astype(np.float32)
