"""Ways to go through vectors with FAISS: all of them, or some."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol, TypeGuard

import numpy as np

SAMPLE = 4_096  # vectors that an estimated percentile is based on
_SAMPLE_LEAST = 512  # of them must pass a filter, or others are drawn
_BLOCK = 8_192  # rows rescored at a time
# Up to so many rows, or so small a share of all, are copied together and compared; of
# more, all are passed by. Measured: as fast as each other at 20,000 of a million.
FEW, _FEW_SHARE = 1_000, 0.02


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
        return _rescored(self._vectors.__getitem__, query, rows)

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
        self._index = faiss().downcast_index(flat)
        self._owner = flat  # what that returns does not keep it alive
        n, codes = flat.ntotal, self._index.codes
        raw = faiss().rev_swig_ptr(codes.data(), codes.size()) if n else np.empty(0, np.uint8)
        self.vectors: np.ndarray = np.asarray(raw).view(np.float16).reshape(n, flat.d)
        self.sampled_from(sample, near)

    def sampled_from(self, sample: np.ndarray | None, near: np.ndarray | None) -> None:
        """Remember the vectors that percentiles are estimated from."""
        self._sample = spread_sample(len(self)) if sample is None else sample
        near = self.gather(self._sample) if near is None else near
        self._near = np.asarray(near, dtype=np.float32)

    @classmethod
    def of(cls, vectors: np.ndarray) -> HalfScanner:
        """Keep vectors ``(n, dim)`` of unit length in half precision."""
        return cls(half(vectors))

    def __len__(self) -> int:
        return len(self.vectors)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """Vectors at positions, ``(len(rows), dim)`` float16."""
        return np.asarray(self.vectors[rows])

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        if want >= (len(self) if rows is None else len(rows)):
            return _all(len(self), rows)
        if self.few(rows):
            some = half(self.gather(rows))
            scores, found = some.search(query[None], want)
            return rows[found[0]], float(scores[0, -1]), True
        scores, found = self._index.search(query[None], want, params=self.passing(rows))
        return found[0], float(scores[0, -1]), True

    def few(self, rows: np.ndarray | None) -> TypeGuard[np.ndarray]:
        """Whether a filter lets so little through that it is best copied together."""
        return rows is not None and len(rows) <= max(FEW, _FEW_SHARE * len(self))

    def passing(self, rows: np.ndarray | None) -> Any:
        """What FAISS is told of a filter when all vectors are compared."""
        if rows is None:
            return None
        return faiss().SearchParameters(sel=faiss().IDSelectorBitmap(bitmap(len(self), rows)))

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """See `Scanner`."""
        return _rescored(self.gather, query, rows)

    def sampled(self, query: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """See `Scanner`."""
        if rows is None:
            return np.asarray(self._near @ query)
        at = np.minimum(np.searchsorted(rows, self._sample), len(rows) - 1)
        inside = rows[at] == self._sample
        if inside.sum() >= _SAMPLE_LEAST:
            return np.asarray(self._near[inside] @ query)
        drawn = rows[spread_sample(len(rows), 2 * _SAMPLE_LEAST)]
        return np.asarray(self.gather(drawn).astype(np.float32) @ query)


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


def _rescored(
    take: Callable[[np.ndarray], np.ndarray], query: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    # Neither BLAS nor FAISS sums every row in the same order; numpy's pairwise sum
    # along contiguous rows does, so that equal vectors score exactly the same.
    wide = query.astype(np.float64)
    made = np.empty(len(rows), dtype=np.float64)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        made[start : start + _BLOCK] = np.add.reduce(take(part) * wide, axis=1)
    return made
