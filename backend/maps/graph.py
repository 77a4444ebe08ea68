"""The graph of nearest neighbours, by FAISS: what layout, placing and quality start from."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from backend.core.vectors import normalize
from backend.settings import SEED

EXACT_LIMIT = 20_000
_LISTS_A_ROOT = 4  # inverted lists: so many times the root of the number of vectors
_PROBES = 24
_BLOCK = 1_024  # rows whose distances are taken at a time
_TRAIN_A_LIST = 64  # vectors that a list's centre is trained on


def centred(vectors: np.ndarray, mean: np.ndarray | None = None) -> np.ndarray:
    """Unit vectors around their mean: what all have in common says nothing.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)``.
    mean : numpy.ndarray, optional
        ``(dim,)`` to take off; their own when not given.

    Returns
    -------
    numpy.ndarray
        ``(n, dim)`` float32 of unit length; zeros where there is no direction.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    return normalize(vectors - (vectors.mean(axis=0) if mean is None else mean))


def neighbours(
    vectors: np.ndarray,
    k: int,
    *,
    queries: np.ndarray | None = None,
    exact_limit: int = EXACT_LIMIT,
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest by cosine of each vector, itself first; or of each query.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` float32 of unit length.
    k : int
        At most `n`.
    queries : numpy.ndarray, optional
        ``(m, dim)`` of unit length; the vectors themselves when not given.
    exact_limit : int
        Up to this many vectors every pair is compared; above, inverted lists.

    Returns
    -------
    indices : numpy.ndarray
        ``(n, k)`` int32.
    distances : numpy.ndarray
        ``(n, k)`` float32, one minus the cosine, ascending.
    """
    faiss: Any = import_module("faiss")  # late, and untyped: its type hints lack half of it
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    asked = vectors if queries is None else np.ascontiguousarray(queries, dtype=np.float32)
    n, dim = vectors.shape
    k = min(k, n)
    index: Any = faiss.IndexFlatIP(dim)
    if n > exact_limit:
        lists = int(_LISTS_A_ROOT * np.sqrt(n))
        index = faiss.IndexIVFFlat(index, dim, lists, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = _PROBES
        index.cp.seed = SEED
        index.cp.niter = 6
        index.cp.max_points_per_centroid = _TRAIN_A_LIST
        index.train(vectors)
    index.add(vectors)
    _, found = index.search(asked, k)
    distances = _distances(asked, vectors, found)
    if queries is None:
        found, distances = _itself_first(found, distances)
    order = np.lexsort((found, distances), axis=1)
    found = np.take_along_axis(found, order, axis=1).astype(np.int32)
    return found, np.maximum(np.take_along_axis(distances, order, axis=1), 0.0)


def _distances(asked: np.ndarray, vectors: np.ndarray, found: np.ndarray) -> np.ndarray:
    """One minus the cosines, ``(n, k)`` float32; 2 where there is none.

    FAISS and BLAS round by the number of threads, and a layout makes much of the last
    digit; numpy's own sum along a row does not.
    """
    made = np.empty(found.shape, dtype=np.float32)
    for start in range(0, len(found), _BLOCK):
        rows = found[start : start + _BLOCK]
        pairs = vectors[rows] * asked[start : start + _BLOCK, None]
        made[start : start + _BLOCK] = 1.0 - np.add.reduce(pairs, axis=2)
    return np.where(found < 0, np.float32(2.0), np.clip(made, 0.0, 2.0))


def _itself_first(found: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Among equal vectors FAISS may put another one first, or fill up with -1."""
    own = np.arange(len(found))
    found = np.where(found < 0, own[:, None], found)
    distances[found == own[:, None]] = -1.0
    missing = ~(found == own[:, None]).any(axis=1)
    found[missing, -1], distances[missing, -1] = own[missing], -1.0
    return found, distances
