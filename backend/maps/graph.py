"""The graph of nearest neighbours, by FAISS; layout, placement and quality use it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from backend.core.threads import parallel_map
from backend.core.vectors import normalize
from backend.settings import SEED

EXACT_LIMIT = 15_000
_LISTS_PER_ROOT = 4  # inverted lists: this times the square root of the number of vectors
_PROBES = 24
_SEARCHED = 128  # principal components that a large graph is searched in; full vectors decide
_CANDIDATES = 2.4  # times as many neighbours are found there as are kept
_SAMPLE = 20_000  # vectors that these components are computed from
_BLOCK = 512  # rows whose distances are computed at a time
_TRAIN_PER_LIST = 64  # vectors that the centroid of a list is trained on


def centred(vectors: np.ndarray, mean: np.ndarray | None = None) -> np.ndarray:
    """Subtract the mean, which carries no information, and scale to unit length.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)``.
    mean : numpy.ndarray, optional
        ``(dim,)`` to subtract; by default that of `vectors`.

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32 of unit length; zeros where there is no direction.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    rows = vectors - (vectors.mean(axis=0) if mean is None else mean)
    return normalize(rows, in_place=rows.dtype == np.float32)


def neighbours(
    vectors: np.ndarray,
    k: int,
    *,
    queries: np.ndarray | None = None,
    exact_limit: int = EXACT_LIMIT,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest vectors by cosine of each vector, itself first, or of each query.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` float32 of unit length.
    k : int
        At most `n`.
    queries : numpy.ndarray, optional
        ``(m, dim)`` of unit length; by default the vectors themselves.
    exact_limit : int
        Up to this many vectors all pairs are compared; above, inverted lists are used.

    Returns
    -------
    indices : numpy.ndarray
        ``(n, k)`` int32.
    distances : numpy.ndarray
        ``(n, k)`` float32, one minus the cosine, ascending.
    """
    faiss: Any = import_module("faiss")  # late, and untyped: its type hints are incomplete
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    query_rows = vectors if queries is None else np.ascontiguousarray(queries, dtype=np.float32)
    n, dim = vectors.shape
    k = min(k, n)
    if n > exact_limit:
        indices = _candidates(vectors, query_rows, min(round(_CANDIDATES * k), n))
    else:
        index: Any = faiss.IndexFlatIP(dim)
        index.add(vectors)
        _, indices = index.search(query_rows, k)
    distances = _distances(query_rows, vectors, indices)
    if queries is None:
        indices, distances = _self_first(indices, distances)
    order = np.lexsort((indices, distances), axis=1)[:, :k]
    indices = np.take_along_axis(indices, order, axis=1).astype(np.int32)
    return indices, np.maximum(np.take_along_axis(distances, order, axis=1), 0.0)


def _candidates(vectors: np.ndarray, query_rows: np.ndarray, k: int) -> np.ndarray:
    """Find what may be the nearest of many vectors: inverted lists of principal components."""
    faiss: Any = import_module("faiss")
    n, dim = vectors.shape
    if dim > _SEARCHED:
        sample = vectors[:: max(n // _SAMPLE, 1)]
        axes = np.linalg.eigh(sample.T @ sample)[1][:, : -_SEARCHED - 1 : -1]
        is_same = query_rows is vectors
        vectors = np.ascontiguousarray(vectors @ axes)
        query_rows = vectors if is_same else np.ascontiguousarray(query_rows @ axes)
        dim = _SEARCHED
    lists = int(_LISTS_PER_ROOT * np.sqrt(n))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = _PROBES
    index.cp.seed = SEED
    index.cp.niter = 6
    index.cp.max_points_per_centroid = _TRAIN_PER_LIST
    index.cp.min_points_per_centroid = 1  # fewer than usual will do, and are warned of
    index.train(vectors)
    index.add(vectors)
    return np.asarray(index.search(query_rows, k)[1])


def _distances(query_rows: np.ndarray, vectors: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return one minus the cosines, ``(n, k)`` float32; 2 where an index is missing.

    FAISS and BLAS round differently with the number of threads, and a layout depends on
    the last digit. numpy's sum along a row is always the same.
    """
    distances = np.empty(indices.shape, dtype=np.float32)

    def compute(start: int) -> None:
        rows = indices[start : start + _BLOCK]
        pairs = vectors[rows] * query_rows[start : start + _BLOCK, None]
        distances[start : start + _BLOCK] = 1.0 - np.add.reduce(pairs, axis=2)

    parallel_map(compute, range(0, len(indices), _BLOCK))
    return np.where(indices < 0, np.float32(2.0), np.clip(distances, 0.0, 2.0))


def _self_first(indices: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put each vector first: among equal vectors FAISS may not, or may return -1."""
    own = np.arange(len(indices))
    indices = np.where(indices < 0, own[:, None], indices)
    distances[indices == own[:, None]] = -1.0
    missing = ~(indices == own[:, None]).any(axis=1)
    indices[missing, -1], distances[missing, -1] = own[missing], -1.0
    return indices, distances
