"""From a query vector to hits, ranked within each target kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.domain import Kind, KindredError
from backend.search import corpus_users
from backend.search.corpus_users import CorpusUsers
from backend.search.filters import Filter
from backend.search.index.ids import strings
from backend.search.index.open_index import POST_KINDS, Index, index_location, open_index
from backend.search.index.vector_index import SearchHits
from backend.search.query import Query
from backend.search.ranking import SearchResult, ranked

OPEN_INDICES = 24  # eight kinds of three bundles or corpora
_FILTERS = 4  # whose ids are cached
_VERSIONS = 2  # of a corpus, whose users are cached


class IndexCache:
    """The indices used last, shared by all searchers of a process.

    Parameters
    ----------
    size : int
        Number of indices.
    """

    def __init__(self, size: int = OPEN_INDICES) -> None:
        self._indices: LRU[tuple, tuple[tuple, Index]] = LRU(size)

    def get(self, corpus: Corpus, bundle: str, kind: Kind | Native, *, centre: bool) -> Index:
        """Return the index of a kind; reopened when the corpus or the index on disk has changed."""
        location = index_location(corpus, bundle, kind, centre=centre)

        def open_() -> tuple[tuple, Index]:
            version = corpus.version
            index, revision = open_index(corpus, bundle, kind, centre=centre)
            return (version, revision), index

        return self._indices.get_or_make(
            (corpus.uri, bundle, kind, centre),
            open_,
            is_current=lambda cached: cached[0] == (corpus.version, location.revision()),
        )[1]


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
        By default the one of this process.
    """

    def __init__(
        self, corpus: Corpus, bundle: str, *, centre: bool = False, cache: IndexCache | None = None
    ) -> None:
        self.corpus = corpus
        self.bundle = bundle
        self.centre = centre
        self._cache = cache or _shared
        self._users: LRU[str, CorpusUsers | None] = LRU(_VERSIONS)
        self._filtered: LRU[tuple[str, Filter], dict[Kind | Native, pa.Array]] = LRU(_FILTERS)

    def index(self, kind: Kind | Native) -> Index:
        """Return the index of one kind."""
        return self._cache.get(self.corpus, self.bundle, kind, centre=self.centre)

    def users(self) -> CorpusUsers | None:
        """Return the users in their own space; None where the corpus has none yet."""
        corpus = self.corpus.snapshot()
        return self._users.get_or_make(
            corpus.version, lambda: corpus_users.read(corpus, self.bundle)
        )

    def near_users(
        self, vector: np.ndarray, *, k: int = 10, exclude: Collection[str] = ()
    ) -> SearchResult:
        """Find the users nearest to a vector of their own space, ``(dim,)``.

        Raises
        ------
        KindredError
            ``no_user_space`` where the corpus has none.
        """
        users = self.users()
        if users is None:
            raise KindredError("no_user_space", "The users of this corpus have no map yet.")
        found = users.index.search(vector, k, exclude=exclude)
        return ranked({Kind.USER: found}, {Kind.USER: len(users.index)}, None)

    def means(self, kinds: Sequence[Kind | Native], dim: int) -> np.ndarray:
        """Return the offset that each index subtracts, ``(len(kinds), dim)`` float32."""
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
        """Find the nearest vectors of each target kind.

        Parameters
        ----------
        vector : numpy.ndarray
            ``(dim,)``; see `combine`.
        targets : sequence of Kind
        k : int
            Hits for each kind.
        filters : Filter, optional
            A user passes if a post of theirs does; words always pass.
        exclude : collection of str
            Ids of posts and users, and words, that are never hits, such as the
            terms of the query.
        distinct : bool
            Show only the best of duplicate posts, and no duplicates of excluded posts.
        query : Query, optional
            Only passed on to the result.

        Raises
        ------
        KindredError
            ``empty_query`` for a vector without direction.
        """
        allowed = self.passing(filters) if filters else None
        found: dict[Kind, SearchHits] = {}
        totals: dict[Kind, int] = {}
        for kind in dict.fromkeys(targets):
            index = self.index(kind)
            found[kind] = index.search(
                vector,
                k,
                allowed=allowed.get(kind) if allowed is not None else None,
                exclude=exclude,
                distinct=distinct,
            )
            totals[kind] = len(index)
        return ranked(found, totals, query)

    def allowed(self, filters: Filter) -> dict[Kind | Native, list[str]]:
        """Return the ids that pass a filter, for each kind that it applies to."""
        return {kind: ids.to_pylist() for kind, ids in self.passing(filters).items()}

    def passing(self, filters: Filter) -> dict[Kind | Native, pa.Array]:
        """As `allowed`, as Arrow arrays, cached: pages of one result have the same filter."""
        corpus = self.corpus.snapshot()

        def read() -> dict[Kind | Native, pa.Array]:
            posts = corpus.table(filters.columns)
            predictions = corpus.predictions(self.bundle) if filters.needs_predictions else None
            mask = pa.array(filters.mask(posts, predictions))
            ids = strings(posts["id"].filter(mask))
            users = strings(pc.unique(posts["user"].filter(mask).drop_null()))
            return {**dict.fromkeys(POST_KINDS, ids), Kind.USER: users}

        return self._filtered.get_or_make((corpus.version, filters), read)
