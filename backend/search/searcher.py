"""From a query vector to hits, ranked within each target kind."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.domain import Hit, Kind
from backend.search.filters import Filter
from backend.search.index.ids import strings
from backend.search.index.open import POST_KINDS, open_marked, place
from backend.search.index.vector_index import Index
from backend.search.query import Query

OPEN_INDICES = 18  # six kinds under three bundles or corpora
_FILTERS = 4  # whose ids are remembered


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes
    ----------
    hits : mapping of Kind to list of Hit
        Best first, for every target that was asked for.
    candidates : mapping of Kind to int
        How many could have been found, after the filter.
    totals : mapping of Kind to int
        How many vectors of the kind there are.
    estimated : frozenset of Kind
        Kinds so large that hits come from the nearest lists and percentiles
        from a sample; all others are exact.
    query : Query or None
        What was asked, when the caller said.
    """

    hits: Mapping[Kind, list[Hit]]
    candidates: Mapping[Kind, int]
    totals: Mapping[Kind, int]
    estimated: frozenset[Kind] = frozenset()
    query: Query | None = None


class IndexCache:
    """The indices opened last, for all searchers of a process.

    Parameters
    ----------
    size : int
        How many are kept.
    """

    def __init__(self, size: int = OPEN_INDICES) -> None:
        self._lock = threading.Lock()
        self._opening: dict[tuple, threading.Lock] = {}
        self._indices: LRU[tuple, tuple[tuple, Index]] = LRU(size)

    def get(self, corpus: Corpus, bundle: str, kind: Kind, *, centre: bool) -> Index:
        """The index of a kind; opened again when the corpus, or the index on disk, has changed."""
        key = (corpus.uri, bundle, kind, centre)
        on_disk = place(corpus, bundle, kind, centre=centre)
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:  # one thread reads, the others wait for it
            version = (corpus.version, on_disk.mark())
            cached = self._indices.get(key)
            if cached is not None and cached[0] == version:
                return cached[1]
            index, mark = open_marked(corpus, bundle, kind, centre=centre)
            self._indices.put(key, ((version[0], mark), index))
            return index


_shared = IndexCache()


class Searcher:
    """Searches one corpus under one bundle. Safe to share between threads.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    centre : bool
        See `VectorIndex`.
    cache : IndexCache, optional
        The one of this process when not given.
    """

    def __init__(
        self, corpus: Corpus, bundle: str, *, centre: bool = False, cache: IndexCache | None = None
    ) -> None:
        self.corpus = corpus
        self.bundle = bundle
        self.centre = centre
        self._cache = cache or _shared
        self._filtered: LRU[tuple[str, Filter], dict[Kind, pa.Array]] = LRU(_FILTERS)

    def index(self, kind: Kind) -> Index:
        """The index of one kind."""
        return self._cache.get(self.corpus, self.bundle, kind, centre=self.centre)

    def means(self, kinds: Sequence[Kind], dim: int) -> np.ndarray:
        """What the indices take off the vectors of each kind, ``(len(kinds), dim)`` float32."""
        indices = [self.index(kind) for kind in kinds]
        zeros = np.zeros(dim, dtype=np.float32)
        return np.stack([index.offset if len(index) else zeros for index in indices])

    def search(
        self,
        vector: np.ndarray,
        targets: Sequence[Kind] = tuple(Kind),
        *,
        k: int = 10,
        filters: Filter | None = None,
        exclude: Collection[str] = (),
        distinct: bool = True,
        query: Query | None = None,
    ) -> SearchResult:
        """Find what is nearest, among each target kind by itself.

        Parameters
        ----------
        vector : numpy.ndarray
            ``(dim,)``, as `combine` makes it.
        targets : sequence of Kind
        k : int
            Hits for each kind.
        filters : Filter, optional
            For users: those with a post that passes. Words always pass.
        exclude : collection of str
            Ids of posts and users, and words, that are never hits: the terms
            of the query themselves.
        distinct : bool
            Of posts that are the same thing again show the best one, and none
            that is the same as an excluded one.
        query : Query, optional
            Only kept in the result.

        Returns
        -------
        SearchResult

        Raises
        ------
        KindredError
            ``empty_query`` for a vector without direction.
        """
        allowed = self._passing(filters) if filters else None
        hits: dict[Kind, list[Hit]] = {}
        candidates: dict[Kind, int] = {}
        totals: dict[Kind, int] = {}
        estimated = set()
        for kind in dict.fromkeys(targets):
            index = self.index(kind)
            found = index.search(
                vector,
                k,
                allowed=allowed.get(kind) if allowed is not None else None,
                exclude=exclude,
                distinct=distinct,
            )
            rows = zip(found.ids, found.scores, found.percentiles, strict=True)
            hits[kind] = [
                Hit(id_, kind, rank, float(score), float(percentile))
                for rank, (id_, score, percentile) in enumerate(rows, start=1)
            ]
            candidates[kind] = found.candidates
            totals[kind] = len(index)
            if found.estimated:
                estimated.add(kind)
        return SearchResult(hits, candidates, totals, frozenset(estimated), query)

    def allowed(self, filters: Filter) -> dict[Kind, list[str]]:
        """The ids that pass a filter, for each kind that it concerns."""
        return {kind: ids.to_pylist() for kind, ids in self._passing(filters).items()}

    def _passing(self, filters: Filter) -> dict[Kind, pa.Array]:
        """As `allowed`; a filter asked for again, page by page, costs nothing."""
        key = (self.corpus.version, filters)
        cached = self._filtered.get(key)
        if cached is not None:
            return cached
        posts = self.corpus.table(filters.columns)
        predictions = self.corpus.predictions(self.bundle) if filters.asks_predictions else None
        mask = pa.array(filters.mask(posts, predictions))
        ids = strings(posts["id"].filter(mask))
        users = strings(pc.unique(posts["user"].filter(mask).drop_null()))
        passing = {**dict.fromkeys(POST_KINDS, ids), Kind.USER: users}
        self._filtered.put(key, passing)
        return passing
