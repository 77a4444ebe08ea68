"""Ways to go through vectors with FAISS: all of them, some of them, or along a graph."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np

NEIGHBOURS = 32  # of a vector in the graph
BUILD_WIDTH = 80
SEARCH_WIDTH = 128  # how many are kept in sight where nobody measured how many it takes
SAMPLE = 4_096  # vectors that an estimated percentile is based on
_SAMPLE_LEAST = 512  # of them must pass a filter, or others are drawn
_BLOCK = 8_192  # rows rescored at a time
_LINKED = 50_000  # rows that join the graph at a time
_GATHER = 40_000  # rows; up to here they are copied together, beyond all are passed by
# A walk past vectors that a filter bars loses its way when it bars nearly all.
_LEAST_SHARE = 0.1
_WIDEST = 4_096  # hits; to find more, comparing with all is faster than walking


@lru_cache(maxsize=1)
def faiss() -> Any:
    """FAISS, imported late, and untyped: its own type hints lack half of it."""
    return import_module("faiss")


class Scanner(Protocol):
    """What an index needs of its vectors."""

    def __len__(self) -> int: ...

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """Look for the best.

        Parameters
        ----------
        query : numpy.ndarray
            ``(dim,)`` float32 of unit length.
        want : int
        rows : numpy.ndarray or None
            Positions that may be found, ascending; None for all.
        exact : bool
            Miss none, whatever it takes.

        Returns
        -------
        looked : numpy.ndarray
            About the `want` best positions, in no particular order.
        floor : float
            No other scores higher, when exact.
        exact : bool
            Whether none was missed.
        """
        ...

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosines that depend on nothing but the two vectors, ``(len(rows),)`` float64."""
        ...

    def sampled(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Cosines of some vectors drawn among `rows`, ``(m,)``."""
        ...


class ExactScanner:
    """Compares the query with every vector, in single precision.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, dim)`` float32, unit length.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        self._index = faiss().IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        # The index's own memory, seen as an array: no second copy.
        flat: Any = faiss().rev_swig_ptr(self._index.get_xb(), vectors.size) if vectors.size else []
        self._vectors = np.asarray(flat, dtype=np.float32).reshape(vectors.shape)

    def __len__(self) -> int:
        return len(self._vectors)

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        if want >= (len(self) if rows is None else len(rows)):
            return _all(len(self), rows)
        parameters = None
        if rows is not None:
            # A flat index visits only the rows that such a list names.
            parameters = faiss().SearchParameters(sel=faiss().IDSelectorArray(rows))
        scores, found = self._index.search(query[None], want, params=parameters)
        return found[0], float(scores[0, -1]), True

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return _rescored(self._vectors, query, rows)

    def sampled(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """See `Scanner`; all of them."""
        return (self._vectors if rows is None else self._vectors[rows]) @ query


class HalfScanner:
    """Compares the query with every vector, in half precision.

    Parameters
    ----------
    flat : faiss.IndexScalarQuantizer
        Of kind ``QT_fp16``; may lie in a file that is read page by page.
    sample : numpy.ndarray, optional
        Positions that percentiles are estimated from; drawn when not given.
    near : numpy.ndarray, optional
        ``(len(sample), dim)``: their vectors, so that no page is read for them.
    """

    def __init__(
        self, flat: Any, sample: np.ndarray | None = None, near: np.ndarray | None = None
    ) -> None:
        self._flat = faiss().downcast_index(flat)
        self._owner = flat
        n = flat.ntotal
        codes = self._flat.codes
        raw = faiss().rev_swig_ptr(codes.data(), codes.size()) if n else np.empty(0, np.uint8)
        self.vectors: np.ndarray = np.asarray(raw).view(np.float16).reshape(n, flat.d)
        self._sample = spread_sample(n) if sample is None else sample
        near = self.vectors[self._sample] if near is None else near
        self._near = np.asarray(near, dtype=np.float32)

    @classmethod
    def of(cls, vectors: np.ndarray) -> HalfScanner:
        """Keep vectors ``(n, dim)`` of unit length in half precision."""
        return cls(half(vectors))

    def __len__(self) -> int:
        return len(self.vectors)

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        if want >= (len(self) if rows is None else len(rows)):
            return _all(len(self), rows)
        if rows is not None and len(rows) <= _GATHER:
            some = half(self.vectors[rows])
            scores, found = some.search(query[None], want)
            return rows[found[0]], float(scores[0, -1]), True
        parameters = None
        if rows is not None:
            selector = faiss().IDSelectorBitmap(bitmap(len(self), rows))
            parameters = faiss().SearchParameters(sel=selector)
        scores, found = self._flat.search(query[None], want, params=parameters)
        return found[0], float(scores[0, -1]), True

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return _rescored(self.vectors, query, rows)

    def sampled(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """See `Scanner`."""
        if rows is None:
            return np.asarray(self._near @ query)
        at = np.minimum(np.searchsorted(rows, self._sample), len(rows) - 1)
        inside = rows[at] == self._sample
        if inside.sum() >= _SAMPLE_LEAST:
            return np.asarray(self._near[inside] @ query)
        drawn = rows[spread_sample(len(rows), 2 * _SAMPLE_LEAST)]
        return np.asarray(self.vectors[drawn].astype(np.float32) @ query)


class GraphScanner(HalfScanner):
    """Walks along a graph of neighbours (HNSW; Malkov & Yashunin 2016).

    Parameters
    ----------
    flat : faiss.IndexScalarQuantizer
        The vectors, see `HalfScanner`.
    graph : faiss.IndexHNSW
        Without storage: the links alone.
    width : int
        How many vectors a walk keeps in sight; more find more.
    exact_limit : int
        A filter that lets no more through than this is searched exactly.
    """

    def __init__(
        self,
        flat: Any,
        graph: Any,
        *,
        width: int = SEARCH_WIDTH,
        exact_limit: int,
        sample: np.ndarray | None = None,
        near: np.ndarray | None = None,
    ) -> None:
        super().__init__(flat, sample, near)
        self._graph = graph
        self._graph.storage, self._graph.own_fields = self._flat, False
        self._width = width
        self._exact_limit = exact_limit

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        few = rows is not None and len(rows) <= max(self._exact_limit, _LEAST_SHARE * len(self))
        if exact or few or want > _WIDEST:
            return super().scan(query, want, rows)
        given: dict[str, Any] = {"efSearch": max(self._width, want)}
        if rows is not None:
            given["sel"] = faiss().IDSelectorBitmap(bitmap(len(self), rows))
        parameters = faiss().SearchParametersHNSW(**given)
        scores, found = self._graph.search(query[None], want, params=parameters)
        found = found[0][found[0] >= 0]
        return found, float(scores[0][len(found) - 1]) if len(found) else -1.0, False


class Layers:
    """Vectors that do not change, and below them a few that came later.

    Parameters
    ----------
    base, added : Scanner
        The positions of `added` follow those of `base`.
    removed : numpy.ndarray
        Positions of `base` that are gone, ascending.
    """

    def __init__(self, base: Scanner, added: Scanner, removed: np.ndarray) -> None:
        self._parts = (base, added)
        self._first = len(base)
        self._removed = removed
        left = np.ones(len(base), dtype=bool)
        left[removed] = False
        self._left = np.flatnonzero(left) if len(removed) else None

    def __len__(self) -> int:
        return self._first + len(self._parts[1])

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        found, floor, all_exact = [], -np.inf, True
        for part, some, first in zip(self._parts, self._split(rows), (0, self._first), strict=True):
            size = len(part) if some is None else len(some)
            if size:
                looked, bound, sure = part.scan(query, min(want, size), some, exact=exact)
                found.append(looked + first)
                floor, all_exact = max(floor, bound), all_exact and sure
        return np.concatenate(found), floor, all_exact

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        made = np.empty(len(rows), dtype=np.float64)
        later = rows >= self._first
        made[~later] = self._parts[0].scores(query, rows[~later])
        made[later] = self._parts[1].scores(query, rows[later] - self._first)
        return made

    def sampled(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """See `Scanner`; those of the larger part, which the few others hardly change."""
        old, new = self._split(rows)
        if old is None or len(old):
            return self._parts[0].sampled(query, old)
        return self._parts[1].sampled(query, new)

    def _split(self, rows: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray | None]:
        if rows is None:
            return self._left, None
        at = int(np.searchsorted(rows, self._first))
        return rows[:at], rows[at:] - self._first


def half(vectors: np.ndarray) -> Any:
    """Vectors ``(n, dim)``, single or half precision, as a flat index of half precision."""
    dim = vectors.shape[1]
    index = faiss().IndexScalarQuantizer(
        dim, faiss().ScalarQuantizer.QT_fp16, faiss().METRIC_INNER_PRODUCT
    )
    if vectors.dtype == np.float16:
        index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))
    else:
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def linked(
    vectors: np.ndarray,
    *,
    neighbours: int = NEIGHBOURS,
    width: int = BUILD_WIDTH,
    progress: Callable[[int, int], None] | None = None,
) -> Any:
    """Build the graph of unit vectors ``(n, dim)``; it has a copy of them in half precision."""
    n, dim = vectors.shape
    graph = faiss().IndexHNSWSQ(
        dim, faiss().ScalarQuantizer.QT_fp16, neighbours, faiss().METRIC_INNER_PRODUCT
    )
    graph.hnsw.efConstruction = width
    for start in range(0, n, _LINKED):
        graph.add(np.asarray(vectors[start : start + _LINKED], dtype=np.float32))
        if progress is not None:
            progress(graph.ntotal, n)
    return graph


def bitmap(size: int, rows: np.ndarray) -> np.ndarray:
    """Bits of `rows` among `size`, as FAISS reads them."""
    mask = np.zeros(size, dtype=bool)
    mask[rows] = True
    return np.packbits(mask, bitorder="little")


def spread_sample(size: int, most: int = SAMPLE) -> np.ndarray:
    """Up to `most` positions, evenly spread over `size`."""
    return np.unique(np.linspace(0, size - 1, min(most, size)).astype(np.int64))


def _all(size: int, rows: np.ndarray | None) -> tuple[np.ndarray, float, bool]:
    return (np.arange(size) if rows is None else rows), -np.inf, True


def _rescored(vectors: np.ndarray, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    # Neither BLAS nor FAISS sums every row in the same order; numpy's pairwise sum
    # along contiguous rows does, so that equal vectors score exactly the same.
    wide = query.astype(np.float64)
    made = np.empty(len(rows), dtype=np.float64)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        made[start : start + _BLOCK] = np.add.reduce(vectors[part] * wide, axis=1)
    return made
