"""Search by the index of the store, for vectors that exceed the memory limit."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.domain import Kind
from backend.search.index.vector_index import SearchHits, mean_and_offset, query_vector
from backend.settings import settings

_DRAWN = 16_384  # sampled rows of all kinds, to estimate the mean and percentiles from
_WIDER = 8  # so many times the hits are fetched: the order of the store ignores centring
_MAX_ROWS = 16_384  # rows fetched when a filter excludes nearly all


class StoredIndex:
    """The vectors of one kind, searched where they are stored.

    Answers as `VectorIndex` does, in tens of milliseconds instead of one, with
    hardly any memory.

    Parameters
    ----------
    corpus : Corpus
        Until `Corpus.index_vectors` has run, the store reads all vectors. It blocks
        imports, so it runs only on request: ``python -m backend index``.
    bundle : str
    kind : Kind or Native
    count : int
        Number of vectors of the kind.
    centre : bool
        As for `VectorIndex`; the mean is estimated.
    """

    def __init__(
        self, corpus: Corpus, bundle: str, kind: Kind | Native, count: int, *, centre: bool
    ) -> None:
        self._corpus, self._bundle, self._kind, self._count = corpus, bundle, kind, count
        sample = normalize(corpus.sample_vectors(bundle, kind, _DRAWN))
        self.mean, self.offset = mean_and_offset(sample, centre=centre)
        self._sample_vectors = normalize(sample - self.offset)

    def __len__(self) -> int:
        return self._count

    def search(
        self,
        vector: np.ndarray,
        k: int,
        *,
        allowed: Collection[str] | pa.Array | None = None,
        exclude: Collection[str] = (),
        distinct: bool = False,
    ) -> SearchHits:
        """See `VectorIndex.search`; estimated unless few ids are allowed."""
        query = query_vector(vector)
        names = allowed.to_pylist() if isinstance(allowed, pa.Array) else allowed
        among = None if names is None else set(names) - set(exclude)
        excluded = self._with_their_groups(exclude) if distinct else set(exclude)
        is_exact = among is not None and len(among) <= settings().exact_vectors
        candidates = self._count - len(excluded) if among is None else len(among)
        fetch_count = _WIDER * (k + len(excluded)) if k > 0 else 0
        while fetch_count:
            if is_exact and among is not None:
                ids, vectors = self._corpus.vectors(self._bundle, self._kind, sorted(among))
                candidates = len(ids)
            else:
                ids, vectors = self._corpus.nearest_vectors(
                    self._bundle, self._kind, query, fetch_count
                )
            scores = normalize(normalize(vectors) - self.offset).astype(np.float64) @ query
            passes = [i not in excluded and (among is None or i in among) for i in ids]
            rows = np.flatnonzero(passes)
            rows = rows[np.lexsort((ids[rows].astype(str), -scores[rows]))]
            if distinct and len(rows):
                rows = rows[self._first_of_groups(ids[rows])]
            ids, scores = ids[rows], scores[rows]
            if len(ids) >= k or is_exact or fetch_count >= min(_MAX_ROWS, self._count):
                break
            fetch_count *= 4
        else:
            ids, scores = np.empty(0, dtype=object), np.empty(0)
        if is_exact:
            lower = candidates - np.searchsorted(-scores, -scores[:k], side="right")
        else:
            sample_scores = np.sort(self._sample_vectors @ query)
            below = np.searchsorted(sample_scores, scores[:k])
            lower = below / max(len(sample_scores), 1) * candidates
        return SearchHits(
            ids=ids[:k],
            scores=scores[:k],
            percentiles=100.0 * np.maximum(lower, 0) / max(candidates, 1),
            candidates=candidates,
            estimated=not is_exact,
        )

    def scores(self, vector: np.ndarray, ids: Sequence[str]) -> np.ndarray:
        """See `VectorIndex.scores`."""
        query = query_vector(vector)
        known, vectors = self._corpus.vectors(self._bundle, self._kind, list(ids))
        cosines = normalize(normalize(vectors) - self.offset).astype(np.float64) @ query
        by_id = dict(zip(known.tolist(), cosines.tolist(), strict=True))
        return np.array([by_id.get(id_, np.nan) for id_ in ids])

    def vectors(self, ids: Sequence[str]) -> np.ndarray:
        """See `VectorIndex.vectors`."""
        found = np.zeros((len(ids), len(self.offset)), dtype=np.float32)
        known, vectors = self._corpus.vectors(self._bundle, self._kind, list(ids))
        rows = {id_: row for row, id_ in enumerate(ids)}
        found[[rows[id_] for id_ in known.tolist()]] = normalize(normalize(vectors) - self.offset)
        return found

    def groups_of(self, ids: Sequence[str]) -> np.ndarray:
        """See `VectorIndex.groups_of`."""
        named = self._groups(ids)
        return np.unique([named.get(id_, f"\0{id_}") for id_ in ids], return_inverse=True)[1]

    def duplicates_of(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """See `VectorIndex.duplicates_of`."""
        groups = self._groups(ids)
        if not groups:
            return {}
        table = self._corpus.table(["id", "group"], filters={"group": sorted(set(groups.values()))})
        members: dict[str, list[str]] = {}
        for id_, group in zip(table["id"].to_pylist(), table["group"].to_pylist(), strict=True):
            members.setdefault(group, []).append(id_)
        return {id_: [m for m in members[group] if m != id_] for id_, group in groups.items()}

    def passes(self, ids: Sequence[str], allowed: pa.Array) -> np.ndarray:
        """See `VectorIndex.passes`; only that the ids are among the allowed ones is checked."""
        found = pc.is_in(pa.array(list(ids), allowed.type), value_set=allowed)
        return np.asarray(found.to_numpy(zero_copy_only=False))

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
        group_names = np.array([groups.get(id_, id_) for id_ in ids], dtype=str)
        return np.sort(np.unique(group_names, return_index=True)[1])
