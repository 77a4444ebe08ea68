"""The graph of nearest neighbours, by FAISS: what layout, placing and quality start from."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from backend.settings import SEED

EXACT_LIMIT = 20_000
_LISTS_A_ROOT = 4  # inverted lists: so many times the root of the number of vectors
_PROBES = 24
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
    return unit(vectors - (vectors.mean(axis=0) if mean is None else mean))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of unit length; zeros where there is no direction."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-6)


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
    scores, found = index.search(asked, k)
    distances = np.clip(1.0 - scores, 0.0, 2.0).astype(np.float32)
    if queries is None:
        found, distances = _itself_first(found, distances)
    return found.astype(np.int32), distances


def _itself_first(found: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Among equal vectors FAISS may put another one first, or fill up with -1."""
    own = np.arange(len(found))
    distances[found < 0] = 2.0
    found = np.where(found < 0, own[:, None], found)
    distances[found == own[:, None]] = -1.0
    missing = ~(found == own[:, None]).any(axis=1)
    found[missing, -1], distances[missing, -1] = own[missing], -1.0
    order = np.argsort(distances, axis=1, kind="stable")
    found = np.take_along_axis(found, order, axis=1)
    distances = np.take_along_axis(distances, order, axis=1)
    return found, np.maximum(distances, 0.0)
