"""Two ways to go through vectors with FAISS: all of them, or along a graph."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np

_NEIGHBOURS = 32  # of a vector in the graph
_BUILD_WIDTH = 80
_SEARCH_WIDTH = 128  # at least; 0.98 of the true ten best at a million vectors
_BLOCK = 8_192  # rows rescored at a time


@lru_cache(maxsize=1)
def _faiss() -> Any:
    return import_module("faiss")  # late, and untyped: its own type hints lack half of it


class Scanner(Protocol):
    """What an index needs of its vectors."""

    def __init__(self, vectors: np.ndarray) -> None: ...

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool
    ) -> tuple[np.ndarray, float]:
        """Positions of about the `want` best among `rows`, and a bound for the others."""
        ...

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosines that depend on nothing but the two vectors, ``(len(rows),)`` float64."""
        ...


class ExactScanner:
    """Compares the query with every vector.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` float32, unit length.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        faiss = _faiss()
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        # The index's own memory, seen as an array: no second copy.
        flat: Any = faiss.rev_swig_ptr(self._index.get_xb(), vectors.size) if vectors.size else []
        self._vectors = np.asarray(flat, dtype=np.float32).reshape(vectors.shape)

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool
    ) -> tuple[np.ndarray, float]:
        """See `Scanner`."""
        return _flat(self._index, query, want, rows)

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return _rescored(query, rows, lambda part: self._vectors[part])


class GraphScanner:
    """Walks along a graph of neighbours (HNSW); vectors are kept in half precision.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` float32, unit length.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        faiss = _faiss()
        dim = vectors.shape[1]
        self._index = faiss.IndexHNSWSQ(
            dim, faiss.ScalarQuantizer.QT_fp16, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT
        )
        self._index.hnsw.efConstruction = _BUILD_WIDTH
        self._index.train(vectors[:1])
        self._index.add(vectors)
        self._storage = faiss.downcast_index(self._index.storage)
        raw = faiss.rev_swig_ptr(self._storage.codes.data(), self._storage.codes.size())
        self._vectors = np.asarray(raw).view(np.float16).reshape(len(vectors), dim)

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool
    ) -> tuple[np.ndarray, float]:
        """See `Scanner`."""
        faiss = _faiss()
        if exact and rows is not None:
            return _flat(self._storage, query, want, rows)
        given: dict[str, Any] = {"efSearch": max(_SEARCH_WIDTH, 2 * want)}
        if rows is not None:
            mask = np.zeros(len(self._vectors), dtype=bool)
            mask[rows] = True
            bits = np.packbits(mask, bitorder="little")
            given["sel"] = faiss.IDSelectorBitmap(bits)
        parameters = faiss.SearchParametersHNSW(**given)
        scores, found = self._index.search(query[None], want, params=parameters)
        found = found[0][found[0] >= 0]
        return found, float(scores[0][len(found) - 1]) if len(found) else -1.0

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return _rescored(query, rows, lambda part: self._vectors[part])


def _flat(
    index: Any, query: np.ndarray, want: int, rows: np.ndarray | None
) -> tuple[np.ndarray, float]:
    faiss = _faiss()
    if want >= (index.ntotal if rows is None else len(rows)):
        return np.arange(index.ntotal) if rows is None else rows, -np.inf
    parameters = None
    if rows is not None:
        # FAISS visits only the rows that such a list names.
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorArray(rows))
    scores, found = index.search(query[None], want, params=parameters)
    return found[0], float(scores[0, -1])


def _rescored(query: np.ndarray, rows: np.ndarray, take: Any) -> np.ndarray:
    # Neither BLAS nor FAISS sums every row in the same order; numpy's pairwise sum
    # along contiguous rows does, so that equal vectors score exactly the same.
    wide = query.astype(np.float64)
    made = np.empty(len(rows), dtype=np.float64)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        made[start : start + _BLOCK] = np.add.reduce(take(part) * wide, axis=1)
    return made
