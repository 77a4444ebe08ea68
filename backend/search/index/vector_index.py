"""Search the vectors of one kind exactly or by lists; callers see ids, never positions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.lru import LRU
from backend.core.vectors import normalize
from backend.domain import KindredError
from backend.search.index.ids import Ids, LayeredIds, strings
from backend.search.index.scanners import ExactScanner, HalfScanner, Scanner
from backend.settings import settings

_MARGIN = 16  # candidates beyond k in the first scan
# Two float32 sums of the same products differ by less. Candidates as close as this to the
# last hit are rescored too, so that ties stay ties.
_TOLERANCE = 1e-5
_FEW = 1_000  # up to so many excluded rows are dropped from the hits instead of filtered out
_FILTERS = 4  # whose rows are cached


@dataclass(frozen=True, slots=True, eq=False)
class SearchHits:
    """The nearest vectors of one query.

    Attributes
    ----------
    ids : numpy.ndarray
        ``(n,)`` str objects, best first; equal scores in the order of ids.
    scores : numpy.ndarray
        ``(n,)`` float64, cosine with the query.
    percentiles : numpy.ndarray
        ``(n,)`` float64: percentage of the candidates that score lower.
    candidates : int
        Number of vectors that pass the filter.
    estimated : bool
        False: all vectors were compared. True: hits come from the nearest lists,
        percentiles from a sample of the candidates.
    """

    ids: np.ndarray
    scores: np.ndarray
    percentiles: np.ndarray
    candidates: int
    estimated: bool


# The mean of a few vectors is close to each of them: subtracting it would leave noise.
CENTRE_FROM = 50


class VectorIndex:
    """An index over the vectors of one kind.

    Parameters
    ----------
    ids : sequence of str
    vectors : numpy.ndarray
        ``(len(ids), dim)``; scaled to unit length here. A vector of zeros, or
        with a value that is not finite, is left out.
    groups : sequence of str, optional
        Duplicate group of each id.
    centre : bool
        Subtract the mean of all vectors first. What all have in common carries no
        information and makes hubs, vectors that are near to everything. Subtract
        `mean` from the terms of the query too (`combine`).
    exact_limit : int, optional
        More vectors than this are stored in half precision; by default
        `Settings.exact_vectors`.

    Attributes
    ----------
    offset : numpy.ndarray
        ``(dim,)``: what was subtracted from each vector; zeros when not centred, or
        with fewer than `CENTRE_FROM` vectors.
    mean : numpy.ndarray
        ``(dim,)`` of the unit vectors.

    Notes
    -----
    Safe to share between threads. `backend.search.index.on_disk` opens one from files.
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
        vectors = normalize(vectors)
        order = pc.array_sort_indices(names).to_numpy()
        order = order[vectors[order].any(axis=1)]
        keys = Ids.of(names.take(pa.array(order)))
        vectors = vectors[order]
        mean, offset = mean_and_offset(vectors, centre=centre)
        if offset.any():
            vectors = normalize(vectors - offset)
        limit = settings().exact_vectors if exact_limit is None else exact_limit
        small = len(vectors) <= limit
        scanner: Scanner = ExactScanner(vectors) if small else HalfScanner.of(vectors)
        codes = None if groups is None else group_codes(strings(groups).take(pa.array(order)))
        self._set(keys, scanner, codes, mean, offset)

    @classmethod
    def from_parts(
        cls,
        keys: Ids | LayeredIds,
        scanner: Scanner,
        *,
        groups: np.ndarray | None,
        mean: np.ndarray,
        offset: np.ndarray,
        removed: int = 0,
    ) -> VectorIndex:
        """Build an index from parts that were computed before.

        `keys` are the ids of every position of the scanner, of which `removed` were removed;
        `groups` are `group_codes`.
        """
        index = cls.__new__(cls)
        index._set(keys, scanner, groups, mean, offset)
        index._size -= removed
        return index

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
            ``(dim,)``, of any length.
        k : int
        allowed : collection of str or pyarrow.Array, optional
            Find only these; unknown ids are ignored. The positions of an Arrow
            array are cached.
        exclude : collection of str
            Never find these; with `distinct`, nor their duplicates.
        distinct : bool
            Find only the best of each duplicate group.

        Raises
        ------
        KindredError
            ``empty_query`` for a vector without direction.
        """
        query = query_vector(vector)
        rows, excluded = self._candidates(allowed, self._excluded(exclude, distinct))
        candidates = len(self) - len(excluded) if rows is None else len(rows)
        if k < 1 or not candidates:
            empty = np.empty(0)
            return SearchHits(np.empty(0, dtype=object), empty, empty, candidates, False)
        want, exact = k + _MARGIN, False
        while True:
            want = min(want, candidates)
            scan_count = want + len(excluded)
            positions, floor, exact = self._scanner.scan(query, scan_count, rows, exact=exact)
            ran_out = len(positions) < scan_count
            if len(excluded):
                positions = positions[~np.isin(positions, excluded)]
            scores = self._scanner.scores(query, positions)
            order = np.lexsort((self._keys.ranks(positions), -scores))
            positions, scores = positions[order], scores[order]
            hits = (
                self._first_of_groups(positions)[:k] if distinct else np.arange(len(positions))[:k]
            )
            is_enough = len(hits) == min(k, candidates) and (
                not exact or scores[hits[-1]] > floor + _TOLERANCE
            )
            if is_enough or (exact and want == candidates):
                break
            exact = ran_out or want == candidates  # lists that ran out of candidates do not help
            want *= 4
        if exact:
            lower = candidates - np.searchsorted(-scores, -scores[hits], side="right")
        else:
            sample = np.sort(self._scanner.sample_scores(query, rows))
            lower_share = np.searchsorted(sample, scores[hits]) / len(sample)
            # Higher hits are known to score at least as high.
            lower = np.minimum(lower_share * candidates, candidates - 1 - np.arange(len(hits)))
        return SearchHits(
            ids=self._keys.take(positions[hits]),
            scores=scores[hits],
            percentiles=100.0 * lower / candidates,
            candidates=candidates,
            estimated=not exact,
        )

    def scores(self, vector: np.ndarray, ids: Sequence[str]) -> np.ndarray:
        """Return the cosine of a vector with that of each id, ``(len(ids),)``; NaN without one."""
        query = query_vector(vector)
        scores = np.full(len(ids), np.nan)
        positions = self._keys.locate(ids) if len(ids) else np.empty(0, dtype=np.int64)
        known = positions >= 0
        if known.any():
            scores[known] = self._scanner.scores(query, positions[known])
        return scores

    def vectors(self, ids: Sequence[str]) -> np.ndarray:
        """Return the vector of each id, centred, ``(len(ids), dim)``; zeros without one."""
        positions = self._keys.locate(ids) if len(ids) else np.empty(0, dtype=np.int64)
        found = np.zeros((len(ids), len(self.offset)), dtype=np.float32)
        known = positions >= 0
        found[known] = self._scanner.gather(positions[known])
        return found

    def groups_of(self, ids: Sequence[str]) -> np.ndarray:
        """Return the duplicate group of each id as a number; those alone have one of their own."""
        positions = self._keys.locate(ids) if len(ids) else np.empty(0, dtype=np.int64)
        if self._groups is None:
            return -2 - np.arange(len(ids))
        codes = np.where(positions >= 0, self._groups[positions].astype(np.int64), -1)
        return np.where(codes < 0, -2 - np.arange(len(ids)), codes)

    def duplicates_of(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the other members of the duplicate group of each id; only of those that have any.

        Linear in the size of the index.
        """
        codes = self.groups_of(ids)
        if self._groups is None or not (codes >= 0).any():
            return {}
        members = np.flatnonzero(np.isin(self._groups, codes[codes >= 0]))
        members = members[self._keys.is_present(members)]
        names, of = self._keys.take(members), self._groups[members]
        return {
            id_: [name for name in names[of == code].tolist() if name != id_]
            for id_, code in zip(ids, codes, strict=True)
            if code >= 0
        }

    def passes(self, ids: Sequence[str], allowed: pa.Array) -> np.ndarray:
        """Whether each id is in the index and among the allowed ones, ``(len(ids),)`` bool.

        The allowed ids are located once, as for `search`.
        """
        rows = self._filtered(allowed)
        if not len(ids) or not len(rows):
            return np.zeros(len(ids), dtype=bool)
        positions = self._keys.locate(ids)
        place = np.minimum(np.searchsorted(rows, positions), len(rows) - 1)
        return np.asarray((positions >= 0) & (rows[place] == positions))

    def _excluded(self, exclude: Collection[str], distinct: bool) -> np.ndarray:
        """Return the positions that must not be found, ascending."""
        excluded = self._positions(exclude)
        if distinct and self._groups is not None and len(excluded):
            codes = self._groups[excluded]
            same_group = [
                np.flatnonzero(self._groups == code) for code in np.unique(codes[codes >= 0])
            ]
            excluded = np.unique(np.concatenate([excluded, *same_group]))
            excluded = excluded[self._keys.is_present(excluded)]
        return excluded

    def _candidates(
        self, allowed: Collection[str] | pa.Array | None, excluded: np.ndarray
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Return the positions to scan (None: all), and those to drop from its results."""
        empty = np.empty(0, dtype=np.int64)
        if allowed is None and len(excluded) <= _FEW:
            return None, excluded
        if allowed is None:
            rows = np.arange(len(self._keys))
            rows = rows[self._keys.is_present(rows)]
        else:
            rows = self._filtered(allowed)
        return (np.setdiff1d(rows, excluded, assume_unique=True) if len(excluded) else rows), empty

    def _filtered(self, allowed: Collection[str] | pa.Array) -> np.ndarray:
        if not isinstance(allowed, pa.Array):  # only an Arrow array is immutable
            return self._positions(allowed)
        cached = self._filters.get(id(allowed))
        if cached is None:  # the array is cached too, to keep its id valid
            cached = (allowed, self._positions(allowed))
            self._filters.put(id(allowed), cached)
        return cached[1]

    def _positions(self, ids: Collection[str] | pa.Array) -> np.ndarray:
        """Return the positions of known ids, ascending."""
        if not len(ids):
            return np.empty(0, dtype=np.int64)
        positions = self._keys.locate(ids)
        return np.unique(positions[positions >= 0])

    def _first_of_groups(self, positions: np.ndarray) -> np.ndarray:
        if self._groups is None:
            return np.arange(len(positions))
        codes = self._groups[positions].astype(np.int64)
        codes = np.where(codes < 0, -1 - positions, codes)  # a group of its own
        _, first = np.unique(codes, return_index=True)
        return np.sort(first)


def query_vector(vector: np.ndarray) -> np.ndarray:
    """Return a query as a float32 vector of unit length.

    Raises
    ------
    KindredError
        ``empty_query`` when it has no direction.
    """
    query = np.asarray(vector, dtype=np.float32)
    query = normalize(query) if np.isfinite(query).all() else np.zeros_like(query)
    if not query.any():
        raise KindredError("empty_query", "The query has nothing to search for.")
    return query


def mean_and_offset(vectors: np.ndarray, *, centre: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of unit vectors, and the offset to subtract; ``(dim,)`` float32."""
    zeros = np.zeros(vectors.shape[1], dtype=np.float32)
    mean = vectors.mean(axis=0) if len(vectors) else zeros
    return mean, mean if centre and len(vectors) >= CENTRE_FROM else zeros


def group_codes(groups: pa.Array) -> np.ndarray | None:
    """Return a number for each duplicate group; -1 for rows without duplicates.

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
