"""Scanners: compare a query with all vectors, or with some, by FAISS."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol, TypeGuard

import numpy as np

SAMPLE = 4_096  # vectors that an estimated percentile is based on
_SAMPLE_LEAST = 512  # if fewer of them pass a filter, others are drawn
_BLOCK = 8_192  # rows rescored at a time
# Up to so many rows, or so small a share of all, are copied and compared; with more, FAISS
# skips rows by a bitmap. Both were equally fast at 20,000 of a million.
FEW, _FEW_SHARE = 1_000, 0.02


@lru_cache(maxsize=1)
def faiss() -> Any:
    """Import FAISS, late, and untyped: its own type hints are incomplete."""
    return import_module("faiss")


class Scanner(Protocol):
    """The vectors of an index, as `VectorIndex` searches them."""

    def __len__(self) -> int: ...

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """Find about the best positions; `scores` then ranks them exactly.

        Parameters
        ----------
        query : numpy.ndarray
            ``(dim,)`` float32 of unit length.
        want : int
        rows : numpy.ndarray or None
            Positions that may be found, ascending; None for all.
        exact : bool
            Whether to compare all vectors.

        Returns
        -------
        positions : numpy.ndarray
            About the `want` best, in no particular order.
        floor : float
            When exact, no other position scores higher.
        exact : bool
            Whether all vectors were compared.
        """
        ...

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return cosines that depend on the two vectors alone, ``(len(rows),)`` float64."""
        ...

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """Return the vectors at positions, ``(len(rows), dim)``."""
        ...

    def sample_scores(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Return the cosines of a sample of `rows`, ``(m,)``."""
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
        # A view of the index's own memory, not a copy.
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
        scores, positions = self._index.search(query[None], want, params=parameters)
        return positions[0], float(scores[0, -1]), True

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return np.asarray(self._vectors[rows])

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return _rescore(self.gather, query, rows)

    def sample_scores(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """See `Scanner`; of all rows."""
        return (self._vectors if rows is None else self._vectors[rows]) @ query


class HalfScanner:
    """Compares the query with every vector, in half precision.

    Parameters
    ----------
    flat : faiss.IndexScalarQuantizer
        Of kind ``QT_fp16``; may be in a file that is read page by page.
    sample : numpy.ndarray, optional
        Positions that percentiles are estimated from; spread evenly when not given.
    sample_vectors : numpy.ndarray, optional
        ``(len(sample), dim)``: their vectors, to read no page for them.
    """

    def __init__(
        self, flat: Any, sample: np.ndarray | None = None, sample_vectors: np.ndarray | None = None
    ) -> None:
        self._index = faiss().downcast_index(flat)
        self._owner = flat  # the downcast index does not keep it alive
        n, codes = flat.ntotal, self._index.codes
        raw = faiss().rev_swig_ptr(codes.data(), codes.size()) if n else np.empty(0, np.uint8)
        self.vectors: np.ndarray = np.asarray(raw).view(np.float16).reshape(n, flat.d)
        self.set_sample(sample, sample_vectors)

    def set_sample(self, sample: np.ndarray | None, sample_vectors: np.ndarray | None) -> None:
        """Set the positions and vectors that percentiles are estimated from."""
        self._sample = spread_sample(len(self)) if sample is None else sample
        sample_vectors = self.gather(self._sample) if sample_vectors is None else sample_vectors
        self._sample_vectors = np.asarray(sample_vectors, dtype=np.float32)

    @classmethod
    def of(cls, vectors: np.ndarray) -> HalfScanner:
        """Scan vectors ``(n, dim)`` of unit length, copied in half precision."""
        return cls(half_precision(vectors))

    def __len__(self) -> int:
        return len(self.vectors)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """Return the vectors at positions, ``(len(rows), dim)`` float16."""
        return np.asarray(self.vectors[rows])

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        if want >= (len(self) if rows is None else len(rows)):
            return _all(len(self), rows)
        if self.is_few(rows):
            some = half_precision(self.gather(rows))
            scores, positions = some.search(query[None], want)
            return rows[positions[0]], float(scores[0, -1]), True
        scores, positions = self._index.search(
            query[None], want, params=self.search_parameters(rows)
        )
        return positions[0], float(scores[0, -1]), True

    def is_few(self, rows: np.ndarray | None) -> TypeGuard[np.ndarray]:
        """Whether so few rows pass a filter that copying them is faster."""
        return rows is not None and len(rows) <= max(FEW, _FEW_SHARE * len(self))

    def search_parameters(self, rows: np.ndarray | None) -> Any:
        """Return the parameters of a FAISS search for a filter."""
        if rows is None:
            return None
        return faiss().SearchParameters(sel=faiss().IDSelectorBitmap(bitmap(len(self), rows)))

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return _rescore(self.gather, query, rows)

    def sample_scores(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """See `Scanner`."""
        if rows is None:
            return np.asarray(self._sample_vectors @ query)
        places = np.minimum(np.searchsorted(rows, self._sample), len(rows) - 1)
        inside = rows[places] == self._sample
        if inside.sum() >= _SAMPLE_LEAST:
            return np.asarray(self._sample_vectors[inside] @ query)
        drawn = rows[spread_sample(len(rows), 2 * _SAMPLE_LEAST)]
        return np.asarray(self.gather(drawn).astype(np.float32) @ query)


class LayeredScanner:
    """Vectors that do not change, followed by a few that were added later.

    Parameters
    ----------
    base, added : Scanner
        The positions of `added` follow those of `base`.
    removed : numpy.ndarray
        Removed positions of `base`, ascending.
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
        parts, floor, all_exact = [], -np.inf, True
        for part, some, first in zip(self._parts, self._split(rows), (0, self._first), strict=True):
            size = len(part) if some is None else len(some)
            if size:
                positions, bound, sure = part.scan(query, min(want, size), some, exact=exact)
                parts.append(positions + first)
                floor, all_exact = max(floor, bound), all_exact and sure
        return np.concatenate(parts), floor, all_exact

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        scores = np.empty(len(rows), dtype=np.float64)
        later = rows >= self._first
        scores[~later] = self._parts[0].scores(query, rows[~later])
        scores[later] = self._parts[1].scores(query, rows[later] - self._first)
        return scores

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        later = rows >= self._first
        parts = [
            self._parts[0].gather(rows[~later]),
            self._parts[1].gather(rows[later] - self._first),
        ]
        order = np.argsort(np.argsort(later, kind="stable"), kind="stable")
        return np.concatenate(parts)[order]

    def sample_scores(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """See `Scanner`; of the base alone, as the few added vectors hardly matter."""
        old, new = self._split(rows)
        if old is None or len(old):
            return self._parts[0].sample_scores(query, old)
        return self._parts[1].sample_scores(query, new)

    def _split(self, rows: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray | None]:
        if rows is None:
            return self._left, None
        at = int(np.searchsorted(rows, self._first))
        return rows[:at], rows[at:] - self._first


def half_precision(vectors: np.ndarray) -> Any:
    """Return a flat FAISS index of vectors ``(n, dim)`` in half precision."""
    dim = vectors.shape[1]
    index = faiss().IndexScalarQuantizer(
        dim, faiss().ScalarQuantizer.QT_fp16, faiss().METRIC_INNER_PRODUCT
    )
    if vectors.dtype == np.float16:
        index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))
    else:
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def bitmap(size: int, rows: np.ndarray) -> np.ndarray:
    """Return a bitmap of `size` bits with those of `rows` set, in the order of FAISS."""
    mask = np.zeros(size, dtype=bool)
    mask[rows] = True
    return np.packbits(mask, bitorder="little")


def spread_sample(size: int, most: int = SAMPLE) -> np.ndarray:
    """Return up to `most` positions, evenly spread over `size`."""
    return np.unique(np.linspace(0, size - 1, min(most, size)).astype(np.int64))


def _all(size: int, rows: np.ndarray | None) -> tuple[np.ndarray, float, bool]:
    return (np.arange(size) if rows is None else rows), -np.inf, True


def _rescore(
    take: Callable[[np.ndarray], np.ndarray], query: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    # BLAS and FAISS do not sum every row in the same order. numpy's pairwise sum along
    # contiguous rows does, so that equal vectors have exactly equal scores.
    wide = query.astype(np.float64)
    scores = np.empty(len(rows), dtype=np.float64)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        scores[start : start + _BLOCK] = np.add.reduce(take(part) * wide, axis=1)
    return scores
