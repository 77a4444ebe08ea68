"""Search by the store's own index, for vectors that exceed the memory allowed."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.domain import Kind
from backend.search.index.vector_index import SearchHits, directed, middle, query_vector
from backend.settings import settings

_DRAWN = 16_384  # rows of all kinds that the mean and percentiles are estimated from
_WIDER = 8  # times the hits are looked at: the store's order knows of no centring
_MOST = 16_384  # looked at, when a filter bars nearly all


class StoredIndex:
    """The vectors of one kind, where they are stored.

    It answers as `VectorIndex` does, in tens of milliseconds rather than one,
    with next to nothing in memory.

    Parameters
    ----------
    corpus : Corpus
        Until `Corpus.index_vectors` was done, the store reads all vectors. Nothing can be
        imported while that is done, so that somebody must ask for it: ``python -m backend index``.
    bundle : str
    kind : Kind
    count : int
        Vectors of the kind.
    centre : bool
        As for `VectorIndex`; the mean is estimated.
    """

    def __init__(
        self, corpus: Corpus, bundle: str, kind: Kind, count: int, *, centre: bool
    ) -> None:
        self._corpus, self._bundle, self._kind, self._count = corpus, bundle, kind, count
        drawn = directed(corpus.sample_vectors(bundle, kind, _DRAWN))
        self.mean, self.offset = middle(drawn, centre=centre)
        self._near = normalize(drawn - self.offset)

    def __len__(self) -> int:
        return self._count

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
        """See `VectorIndex.search`; always estimated, but for few allowed ids."""
        query = query_vector(vector)
        names = allowed.to_pylist() if isinstance(allowed, pa.Array) else allowed
        among = None if names is None else set(names) - set(exclude)
        barred = self._with_their_groups(exclude) if distinct else set(exclude)
        few = among is not None and len(among) <= settings().exact_vectors
        candidates = self._count - len(barred) if among is None else len(among)
        want = _WIDER * (k + len(barred)) if k > 0 else 0
        while want:
            if few and among is not None:
                ids, vectors = self._corpus.vectors(self._bundle, self._kind, sorted(among))
                candidates = len(ids)
            else:
                ids, vectors = self._corpus.nearest_vectors(self._bundle, self._kind, query, want)
            scores = normalize(directed(vectors) - self.offset).astype(np.float64) @ query
            keep = np.array(
                [i not in barred and (among is None or i in among) for i in ids], dtype=bool
            )
            ids, scores = ids[keep], scores[keep]
            order = np.lexsort((ids.astype(str), -scores))
            ids, scores = ids[order], scores[order]
            if distinct and len(ids):
                first = self._first_of_groups(ids)
                ids, scores = ids[first], scores[first]
            if len(ids) >= k or few or want >= min(_MOST, self._count):
                break
            want *= 4
        else:
            ids, scores = np.empty(0, dtype=object), np.empty(0)
        if few:
            lower = candidates - np.searchsorted(-scores, -scores[:k], side="right")
        else:
            seen = np.sort(self._near @ query)
            lower = np.searchsorted(seen, scores[:k]) / max(len(seen), 1) * candidates
        return SearchHits(
            ids=ids[:k],
            scores=scores[:k],
            percentiles=100.0 * np.maximum(lower, 0) / max(candidates, 1),
            candidates=candidates,
            estimated=not few,
        )

    def _groups(self, ids: Collection[str]) -> dict[str, str]:
        if self._kind in (Kind.USER, Kind.WORD) or not len(ids):
            return {}
        table = self._corpus.table(["id", "group"], ids=list(ids))
        rows = zip(table["id"].to_pylist(), table["group"].to_pylist(), strict=True)
        return {id_: group for id_, group in rows if group is not None}

    def _with_their_groups(self, ids: Collection[str]) -> set[str]:
        groups = sorted(set(self._groups(ids).values()))
        if not groups:
            return set(ids)
        same = self._corpus.table(["id"], filters={"group": groups})["id"].to_pylist()
        return {*ids, *same}

    def _first_of_groups(self, ids: np.ndarray) -> np.ndarray:
        groups = self._groups(ids.tolist())
        of = np.array([groups.get(id_, id_) for id_ in ids], dtype=str)
        return np.sort(np.unique(of, return_index=True)[1])
