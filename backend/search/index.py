"""The nearest vectors of one kind, exactly up to a size and by a graph above it.

Ids go in and come out; positions never leave this module.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from backend.posts import KindredError
from backend.search.combine import unit
from backend.search.scanners import ExactScanner, GraphScanner, Scanner
from backend.settings import SEED

EXACT_LIMIT = 50_000
_SAMPLE = 4_096  # candidates that an estimated percentile is based on
_MARGIN = 16  # looked at beyond k at first
# Two float32 sums of the same products differ by less; candidates that near to
# the last hit are looked at too, so that ties are ties.
_TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Found:
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
        True: hits come from a graph, percentiles from a sample of candidates.
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
    exact_limit : int
        More vectors than this are searched by a graph.

    Attributes
    ----------
    offset : numpy.ndarray
        ``(dim,)``: what was taken off each vector; zeros when not centred, or
        when there are too few vectors for a mean to say anything.
    mean : numpy.ndarray
        ``(dim,)`` of the unit vectors.
    """

    def __init__(
        self,
        ids: Sequence[str] | np.ndarray,
        vectors: np.ndarray,
        *,
        groups: Sequence[str] | np.ndarray | None = None,
        centre: bool = False,
        exact_limit: int = EXACT_LIMIT,
    ) -> None:
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(ids):
            raise ValueError(f"{len(ids)} ids with vectors of shape {vectors.shape}")
        # UTF-8 sorts as the strings do and is found by bisection without hashing all ids.
        keys = np.array([id_.encode() for id_ in ids], dtype=np.bytes_)
        vectors = unit(np.where(np.isfinite(vectors).all(axis=1, keepdims=True), vectors, 0))
        order = np.argsort(keys, kind="stable")
        order = order[vectors[order].any(axis=1)]
        self._keys = keys[order]
        if len(self._keys) > 1 and (self._keys[1:] == self._keys[:-1]).any():
            raise ValueError("an id comes twice")
        vectors = vectors[order]
        nothing = np.zeros(vectors.shape[1], dtype=np.float32)
        self.mean = vectors.mean(axis=0) if len(vectors) else nothing
        self.offset = self.mean if centre and len(vectors) >= CENTRE_FROM else nothing
        if self.offset.any():
            vectors = unit(vectors - self.offset)
        self._groups: np.ndarray | None = None
        if groups is not None:
            _, self._groups = np.unique(np.array(groups, dtype=object)[order], return_inverse=True)
        self.exact = len(vectors) <= exact_limit
        self._exact_limit = exact_limit
        self._scanner: Scanner = ExactScanner(vectors) if self.exact else GraphScanner(vectors)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return len(self.mean)

    def search(
        self,
        vector: np.ndarray,
        k: int,
        *,
        allowed: Collection[str] | None = None,
        exclude: Collection[str] = (),
        distinct: bool = False,
    ) -> Found:
        """Find the `k` nearest by cosine.

        Parameters
        ----------
        vector : numpy.ndarray
            ``(dim,)``; its length does not matter.
        k : int
        allowed : collection of str, optional
            Only these; ids that are not in the index do not matter.
        exclude : collection of str
            Never these; with `distinct`, nor what is in a group with one.
        distinct : bool
            Only the best of each duplicate group.

        Returns
        -------
        Found

        Raises
        ------
        KindredError
            ``empty_query`` for a vector without direction.
        """
        query = np.asarray(vector, dtype=np.float32)
        query = unit(query) if np.isfinite(query).all() else np.zeros_like(query)
        if not query.any():
            raise KindredError("empty_query", "The query carries nothing to search for.")
        rows = self._rows(allowed, exclude, distinct)
        candidates = len(self) if rows is None else len(rows)
        if k < 1 or not candidates:
            nothing = np.empty(0)
            return Found(np.empty(0, dtype=object), nothing, nothing, candidates, False)
        exact = self.exact or (rows is not None and len(rows) <= self._exact_limit)
        want = k + _MARGIN
        while True:
            want = min(want, candidates)
            # rough: of all that were not looked at, none scores higher than `floor`
            looked, floor = self._scanner.scan(query, want, rows, exact=exact)
            scores = self._scanner.scores(query, looked)
            order = np.lexsort((looked, -scores))  # positions are in the order of ids
            looked, scores = looked[order], scores[order]
            chosen = self._first_of_groups(looked)[:k] if distinct else np.arange(len(looked))[:k]
            enough = len(chosen) == min(k, candidates) and (
                not exact or scores[chosen[-1]] > floor + _TOLERANCE
            )
            if enough or want == candidates:
                break
            want *= 4
        if exact:
            lower = candidates - np.searchsorted(-scores, -scores[chosen], side="right")
        else:
            lower = self._estimate_lower(query, rows, scores[chosen], candidates)
        return Found(
            ids=np.array([key.decode() for key in self._keys[looked[chosen]]], dtype=object),
            scores=scores[chosen],
            percentiles=100.0 * lower / candidates,
            candidates=candidates,
            estimated=not exact,
        )

    def _rows(
        self, allowed: Collection[str] | None, exclude: Collection[str], distinct: bool
    ) -> np.ndarray | None:
        """Positions of the candidates, ascending; None when they are all."""
        without = self._positions(exclude)
        if allowed is None and not len(without):
            return None
        candidate = np.full(len(self), allowed is None)
        if allowed is not None:
            candidate[self._positions(allowed)] = True
        if distinct and self._groups is not None and len(without):
            candidate[np.isin(self._groups, self._groups[without])] = False
        candidate[without] = False
        return np.flatnonzero(candidate)

    def _positions(self, ids: Collection[str]) -> np.ndarray:
        if not len(ids) or not len(self):
            return np.empty(0, dtype=np.int64)
        wanted = np.array([id_.encode() for id_ in ids], dtype=np.bytes_)
        at = np.searchsorted(self._keys, wanted)
        at[at == len(self)] = 0
        return at[self._keys[at] == wanted]

    def _first_of_groups(self, looked: np.ndarray) -> np.ndarray:
        if self._groups is None:
            return np.arange(len(looked))
        _, first = np.unique(self._groups[looked], return_index=True)
        return np.sort(first)

    def _estimate_lower(
        self, query: np.ndarray, rows: np.ndarray | None, scores: np.ndarray, candidates: int
    ) -> np.ndarray:
        rng = np.random.default_rng(SEED)
        sample = rng.choice(candidates, min(_SAMPLE, candidates), replace=False)
        seen = np.sort(self._scanner.scores(query, sample if rows is None else rows[sample]))
        share = np.searchsorted(seen, scores) / len(seen)
        # The hits themselves are known to score at least as high.
        return np.minimum(share * candidates, candidates - 1 - np.arange(len(scores)))
