"""Lay out a graph of neighbours in two dimensions: UMAP (McInnes et al. 2018)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from backend.maps import graph
from backend.maps.compiled import import_umap
from backend.settings import SEED

NEIGHBOURS = 15
MIN_DISTANCE = 0.1
_FEW = 4  # fewer points are laid on a line
_LARGE = 10_000  # above, a tenth is laid out first, and all points start next to one of it
_SUBSET = 10
_EPOCHS_LARGE = 80  # from a start that is laid out already
_BLOCK = 20_000  # vectors shifted at a time
_FEW_FOR_GAPS = 60
_ISLANDS, _GAP = 3, 1 / 8  # gaps along an axis that may be empty, and their width, of the rest


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
    """Lay vectors out so that neighbours stay neighbours; deterministic.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)`` float32 of unit length.
    dim : int
        Of the layout.
    neighbours : int
        Of each point in the graph, including itself.
    min_distance : float
        Smallest distance of points in the layout.
    epochs : int, optional
        By default chosen by the number of points.
    knn : tuple of numpy.ndarray, optional
        The result of `graph.neighbours`.
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
    umap = import_umap()
    neighbours = min(neighbours, n - 1)
    indices, distances = knn or graph.neighbours(vectors, neighbours)
    initial = principal_components(vectors, dim)
    if n > _LARGE:
        subset = np.sort(
            np.random.default_rng(seed).permutation(n)[: max(n // _SUBSET, _LARGE // 2)]
        )
        subset_points = lay_out(
            vectors[subset], dim=dim, neighbours=neighbours, epochs=200, seed=seed
        )
        initial = spread(indices, subset, subset_points, initial)
    layout = umap.UMAP(
        n_components=dim,
        n_neighbors=neighbours,
        min_dist=min_distance,
        metric="cosine",
        precomputed_knn=(indices[:, :neighbours], distances[:, :neighbours], None),
        force_approximation_algorithm=True,  # else UMAP ignores the graph of a small corpus
        init=initial,
        n_epochs=epochs or (_EPOCHS_LARGE if n > _LARGE else 300),
        random_state=seed,
    )
    with warnings.catch_warnings():
        # UMAP warns that it cannot transform new points, and uses one thread.
        warnings.simplefilter("ignore")
        points = layout.fit_transform(vectors)
    return np.nan_to_num(np.asarray(points, dtype=np.float32))


def close_gaps(points: np.ndarray) -> np.ndarray:
    """Move islands nearer, so that they do not leave the rest a corner of the map.

    How far apart UMAP lays groups that share no neighbours means nothing; along each axis, up to
    three empty stretches are made no wider than an eighth of the rest. A map of a few points
    stays as it is: its gaps are those between neighbours.

    Parameters
    ----------
    points : numpy.ndarray
        ``(n, dim)``.

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32, in the same order along each axis.

    Examples
    --------
    >>> close_gaps(np.array([[*range(80), 500.0]]).T).max().item()
    88.625
    """
    closed = np.array(points, dtype=np.float64)
    if len(points) < _FEW_FOR_GAPS:
        return closed.astype(np.float32)
    for axis in closed.T:
        order = np.argsort(axis, kind="stable")
        gaps = np.diff(axis[order])
        widest = np.sort(gaps)[:-_ISLANDS].sum() * _GAP
        if widest > 0:
            axis[order[1:]] = axis[order[0]] + np.minimum(gaps, widest).cumsum()
    return closed.astype(np.float32)


def spread(
    indices: np.ndarray, subset: np.ndarray, points: np.ndarray, initial: np.ndarray
) -> np.ndarray:
    """Place every point next to its nearest placed neighbour, round by round.

    Parameters
    ----------
    indices : numpy.ndarray
        ``(n, k)`` int: the graph of neighbours.
    subset : numpy.ndarray
        ``(m,)`` int: rows that are placed already.
    points : numpy.ndarray
        ``(m, dim)``: their places.
    initial : numpy.ndarray
        ``(n, dim)``: the places of points that no chain of neighbours reaches.

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32, with a little noise.
    """
    placed, is_placed = np.array(initial, dtype=np.float32), np.zeros(len(indices), dtype=bool)
    placed[subset], is_placed[subset] = points, True
    while True:
        known = is_placed[indices]
        reached = np.flatnonzero(~is_placed & known.any(axis=1))
        if not len(reached):
            break
        nearest = known[reached].argmax(axis=1)
        placed[reached] = placed[indices[reached, nearest]]
        is_placed[reached] = True
    noise = np.random.default_rng(SEED).normal(size=placed.shape)
    return (placed + 1e-3 * np.ptp(points, axis=0) * noise).astype(np.float32)


def principal_components(vectors: np.ndarray, dim: int) -> np.ndarray:
    """Return the first principal components, from which the layout starts.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``.
    dim : int

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32 between -10 and 10, with a little noise, because UMAP
        cannot separate points that start at the same place. Rounded, so as not to
        depend on the order in which threads add.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)

    def shifted() -> Iterator[np.ndarray]:
        """Yield blocks: 200,000 of 384 numbers take 600 MB."""
        for start in range(0, len(vectors), _BLOCK):
            yield vectors[start : start + _BLOCK] - mean

    _, axes = np.linalg.eigh(sum(block.T @ block for block in shifted()))
    axes = axes[:, ::-1][:, :dim]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    placed = np.concatenate([block @ axes for block in shifted()])
    placed *= 10.0 / max(float(np.abs(placed).max()), 1e-9)
    noise = np.random.default_rng(SEED).normal(scale=1e-4, size=placed.shape)
    return (np.round(placed, 6) + noise).astype(np.float32)
