"""The nearest vectors of one kind: what an index answers, whatever goes through the vectors.

Ids go in and come out; positions never leave this package.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.lru import LRU
from backend.core.vectors import normalize
from backend.domain import KindredError
from backend.search.index.ids import Ids, LayeredIds, strings
from backend.search.index.scanners import ExactScanner, HalfScanner, Scanner
from backend.settings import settings

_MARGIN = 16  # looked at beyond k at first
# Two float32 sums of the same products differ by less; candidates that near to
# the last hit are looked at too, so that ties are ties.
_TOLERANCE = 1e-5
_FEW = 1_000  # excluded rows; so many more hits are asked for instead of barring them
_FILTERS = 4  # whose rows are remembered


@dataclass(frozen=True, slots=True, eq=False)
class SearchHits:
    """What is nearest to one query.

    Attributes
    ----------
    ids : numpy.ndarray
        ``(n,)`` str objects, best first; equal scores in the order of ids.
    scores : numpy.ndarray
        ``(n,)`` float64, cosine with the query.
    percentiles : numpy.ndarray
        ``(n,)`` float64: share of the candidates that score lower, 0 to 100.
    candidates : int
        Vectors that could have been found, after the filter.
    estimated : bool
        False: the hits are the best there are and the percentiles are counted.
        True: hits come from the nearest lists, percentiles from a sample of
        candidates.
    """

    ids: np.ndarray
    scores: np.ndarray
    percentiles: np.ndarray
    candidates: int
    estimated: bool


# The mean of a few vectors is those vectors: taking it off would leave noise.
CENTRE_FROM = 50


class VectorIndex:
    """An index over the vectors of one kind.

    Parameters
    ----------
    ids : sequence of str
    vectors : numpy.ndarray
        ``(len(ids), dim)``; scaled to unit length here. A vector without
        direction (or with a number that is not finite) is left out.
    groups : sequence of str, optional
        Duplicate group of each id.
    centre : bool
        Take the mean of all vectors off each first. What all have in common
        says nothing and makes hubs, vectors that are near to everything; take
        `mean` off the query's terms too (`combine`).
    exact_limit : int, optional
        More vectors than this are held in half precision; `settings` say
        when not given.

    Attributes
    ----------
    offset : numpy.ndarray
        ``(dim,)``: what was taken off each vector; zeros when not centred, or
        when there are too few vectors for a mean to say anything.
    mean : numpy.ndarray
        ``(dim,)`` of the unit vectors.

    Notes
    -----
    Safe to share between threads. `backend.search.index.on_disk` makes one of files.
    """

    def __init__(
        self,
        ids: Sequence[str] | np.ndarray,
        vectors: np.ndarray,
        *,
        groups: Sequence[str] | np.ndarray | None = None,
        centre: bool = False,
        exact_limit: int | None = None,
    ) -> None:
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(ids):
            raise ValueError(f"{len(ids)} ids with vectors of shape {vectors.shape}")
        names = strings(ids)
        vectors = directed(vectors)
        order = pc.array_sort_indices(names).to_numpy()
        order = order[vectors[order].any(axis=1)]
        keys = Ids.of(names.take(pa.array(order)))
        vectors = vectors[order]
        mean, offset = middle(vectors, centre=centre)
        if offset.any():
            vectors = normalize(vectors - offset)
        limit = settings().exact_vectors if exact_limit is None else exact_limit
        small = len(vectors) <= limit
        scanner: Scanner = ExactScanner(vectors) if small else HalfScanner.of(vectors)
        codes = None if groups is None else grouped(strings(groups).take(pa.array(order)))
        self._set(keys, scanner, codes, mean, offset)

    @classmethod
    def over(
        cls,
        keys: Ids | LayeredIds,
        scanner: Scanner,
        *,
        groups: np.ndarray | None,
        mean: np.ndarray,
        offset: np.ndarray,
        removed: int = 0,
    ) -> VectorIndex:
        """An index of what was made before.

        Parameters
        ----------
        keys : Ids or LayeredIds
            Of all positions of the scanner.
        scanner : Scanner
        groups : numpy.ndarray, optional
            As `grouped` makes them.
        mean, offset : numpy.ndarray
        removed : int
            Positions that the scanner has and nobody may find.

        Returns
        -------
        VectorIndex
        """
        made = cls.__new__(cls)
        made._set(keys, scanner, groups, mean, offset)
        made._size -= removed
        return made

    def _set(
        self,
        keys: Ids | LayeredIds,
        scanner: Scanner,
        groups: np.ndarray | None,
        mean: np.ndarray,
        offset: np.ndarray,
    ) -> None:
        self._keys, self._scanner, self._groups = keys, scanner, groups
        self.mean, self.offset = mean, offset
        self._size = len(keys)
        self._filters: LRU[int, tuple[Collection[str], np.ndarray]] = LRU(_FILTERS)

    def __len__(self) -> int:
        return self._size

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return len(self.mean)

    def search(
        self,
        vector: np.ndarray,
        k: int,
        *,
        allowed: Collection[str] | pa.Array | None = None,
        exclude: Collection[str] = (),
        distinct: bool = False,
    ) -> SearchHits:
        """Find the `k` nearest by cosine.

        Parameters
        ----------
        vector : numpy.ndarray
            ``(dim,)``; its length does not matter.
        k : int
        allowed : collection of str or pyarrow.Array, optional
            Only these; ids that are not in the index do not matter. The same
            Arrow array given again costs nothing to look up.
        exclude : collection of str
            Never these; with `distinct`, nor what is in a group with one.
        distinct : bool
            Only the best of each duplicate group.

        Returns
        -------
        SearchHits

        Raises
        ------
        KindredError
            ``empty_query`` for a vector without direction.
        """
        query = query_vector(vector)
        rows, barred = self._candidates(allowed, self._without(exclude, distinct))
        candidates = len(self) - len(barred) if rows is None else len(rows)
        if k < 1 or not candidates:
            nothing = np.empty(0)
            return SearchHits(np.empty(0, dtype=object), nothing, nothing, candidates, False)
        want, exact = k + _MARGIN, False
        while True:
            want = min(want, candidates)
            # rough: of all that were not looked at, none scores higher than `floor`
            asked = want + len(barred)
            looked, floor, exact = self._scanner.scan(query, asked, rows, exact=exact)
            short = len(looked) < asked
            if len(barred):
                looked = looked[~np.isin(looked, barred)]
            scores = self._scanner.scores(query, looked)
            order = np.lexsort((self._keys.ranks(looked), -scores))
            looked, scores = looked[order], scores[order]
            chosen = self._first_of_groups(looked)[:k] if distinct else np.arange(len(looked))[:k]
            enough = len(chosen) == min(k, candidates) and (
                not exact or scores[chosen[-1]] > floor + _TOLERANCE
            )
            if enough or (exact and want == candidates):
                break
            exact = short or want == candidates  # lists that hold too little are no use
            want *= 4
        if exact:
            lower = candidates - np.searchsorted(-scores, -scores[chosen], side="right")
        else:
            seen = np.sort(self._scanner.sampled(query, rows))
            share = np.searchsorted(seen, scores[chosen]) / len(seen)
            # The hits themselves are known to score at least as high.
            lower = np.minimum(share * candidates, candidates - 1 - np.arange(len(chosen)))
        return SearchHits(
            ids=self._keys.take(looked[chosen]),
            scores=scores[chosen],
            percentiles=100.0 * lower / candidates,
            candidates=candidates,
            estimated=not exact,
        )

    def _without(self, exclude: Collection[str], distinct: bool) -> np.ndarray:
        """Positions that are never hits, ascending."""
        without = self._positions(exclude)
        if distinct and self._groups is not None and len(without):
            codes = self._groups[without]
            same = [np.flatnonzero(self._groups == code) for code in np.unique(codes[codes >= 0])]
            without = np.unique(np.concatenate([without, *same]))
            without = without[self._keys.there(without)]
        return without

    def _candidates(
        self, allowed: Collection[str] | pa.Array | None, without: np.ndarray
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Positions that may be found (None: all), and those to drop from what is found."""
        nothing = np.empty(0, dtype=np.int64)
        if allowed is None and len(without) <= _FEW:
            return None, without
        if allowed is None:
            rows = np.arange(len(self._keys))
            rows = rows[self._keys.there(rows)]
        else:
            rows = self._filtered(allowed)
        return (np.setdiff1d(rows, without, assume_unique=True) if len(without) else rows), nothing

    def _filtered(self, allowed: Collection[str] | pa.Array) -> np.ndarray:
        if not isinstance(allowed, pa.Array):  # only an Arrow array cannot change
            return self._positions(allowed)
        cached = self._filters.get(id(allowed))
        if cached is None:  # the array is cached too: its id says nothing once it is gone
            cached = (allowed, self._positions(allowed))
            self._filters.put(id(allowed), cached)
        return cached[1]

    def _positions(self, ids: Collection[str] | pa.Array) -> np.ndarray:
        """Positions of ids that are there, ascending."""
        if not len(ids):
            return np.empty(0, dtype=np.int64)
        at = self._keys.locate(ids)
        return np.unique(at[at >= 0])

    def _first_of_groups(self, looked: np.ndarray) -> np.ndarray:
        if self._groups is None:
            return np.arange(len(looked))
        codes = self._groups[looked].astype(np.int64)
        codes = np.where(codes < 0, -1 - looked, codes)  # a group of its own
        _, first = np.unique(codes, return_index=True)
        return np.sort(first)


class Index(Protocol):
    """What can be searched; see `VectorIndex`."""

    mean: np.ndarray
    offset: np.ndarray

    def __len__(self) -> int: ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def search(
        self,
        vector: np.ndarray,
        k: int,
        *,
        allowed: Collection[str] | pa.Array | None = None,
        exclude: Collection[str] = (),
        distinct: bool = False,
    ) -> SearchHits:
        """See `VectorIndex.search`."""
        ...


def query_vector(vector: np.ndarray) -> np.ndarray:
    """A query as a float32 vector of unit length.

    Raises
    ------
    KindredError
        ``empty_query`` for one without direction.
    """
    query = np.asarray(vector, dtype=np.float32)
    query = normalize(query) if np.isfinite(query).all() else np.zeros_like(query)
    if not query.any():
        raise KindredError("empty_query", "The query carries nothing to search for.")
    return query


def directed(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors; zeros for those without direction or with a number that is not finite."""
    fine = np.isfinite(vectors).all(axis=1, keepdims=True)
    return normalize(vectors if fine.all() else np.where(fine, vectors, 0))


def middle(vectors: np.ndarray, *, centre: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean of unit vectors, and what to take off each; ``(dim,)`` float32."""
    nothing = np.zeros(vectors.shape[1], dtype=np.float32)
    mean = vectors.mean(axis=0) if len(vectors) else nothing
    return mean, mean if centre and len(vectors) >= CENTRE_FROM else nothing


def grouped(groups: pa.Array) -> np.ndarray | None:
    """A number for each duplicate group; -1 for what is in no group with another.

    Parameters
    ----------
    groups : pyarrow.Array
        Strings; null for no group.

    Returns
    -------
    numpy.ndarray or None
        ``(n,)`` int32; None when there are no duplicates.
    """
    coded = groups.dictionary_encode()
    codes = pc.fill_null(coded.indices, -1).to_numpy().astype(np.int32)
    counts = np.bincount(codes[codes >= 0], minlength=len(coded.dictionary))
    alone = np.append(counts == 1, True)  # the last one is for -1
    codes = np.where(alone[codes], -1, codes).astype(np.int32)
    return codes if (codes >= 0).any() else None
