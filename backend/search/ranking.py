"""From what indices found to hits, ranked within each kind."""

from __future__ import annotations

from collections.abc import Mapping

from backend.domain import Hit, Kind
from backend.search.index.vector_index import SearchHits
from backend.search.query import Query
from backend.search.searcher import SearchResult


def ranked(
    found: Mapping[Kind, SearchHits], totals: Mapping[Kind, int], query: Query | None
) -> SearchResult:
    """Hits of each kind, best first.

    Parameters
    ----------
    found : mapping of Kind to SearchHits
    totals : mapping of Kind to int
        Vectors of each kind.
    query : Query or None

    Returns
    -------
    SearchResult
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
