"""Ranked hits of every target kind: the answer to a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain import Hit, Kind
from backend.search.index.vector_index import SearchHits
from backend.search.query import Query


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of a query.

    Attributes
    ----------
    hits : mapping of Kind to list of Hit
        Best first, for every target kind.
    candidates : mapping of Kind to int
        Number of vectors that pass the filter.
    totals : mapping of Kind to int
        Number of vectors of the kind.
    estimated : frozenset of Kind
        Kinds so large that hits come from the nearest lists and percentiles
        from a sample; all others are exact.
    query : Query or None
        The query, when the caller passed it.
    """

    hits: Mapping[Kind, list[Hit]]
    candidates: Mapping[Kind, int]
    totals: Mapping[Kind, int]
    estimated: frozenset[Kind] = frozenset()
    query: Query | None = None


def ranked(
    found: Mapping[Kind, SearchHits], totals: Mapping[Kind, int], query: Query | None
) -> SearchResult:
    """Rank what the index of each kind found.

    Parameters
    ----------
    found : mapping of Kind to SearchHits
    totals : mapping of Kind to int
        Number of vectors of each kind.
    query : Query or None
    """
    hits = {
        kind: [
            Hit(id_, kind, rank, float(score), float(percentile))
            for rank, (id_, score, percentile) in enumerate(
                zip(some.ids, some.scores, some.percentiles, strict=True), start=1
            )
        ]
        for kind, some in found.items()
    }
    return SearchResult(
        hits,
        {kind: some.candidates for kind, some in found.items()},
        totals,
        frozenset(kind for kind, some in found.items() if some.estimated),
        query,
    )
