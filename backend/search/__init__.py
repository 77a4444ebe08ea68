"""Search from any kind to any kind: query, filter, index and ranking."""

from backend.search.filters import Filter
from backend.search.index.open_index import IndexChoice, choices, prepare
from backend.search.index.vector_index import SearchHits, VectorIndex
from backend.search.index.vectors import combine
from backend.search.query import Query, QueryError, Term, format, parse
from backend.search.ranking import SearchResult
from backend.search.searcher import IndexCache, Searcher

__all__ = [
    "Filter",
    "IndexCache",
    "IndexChoice",
    "Query",
    "QueryError",
    "SearchHits",
    "SearchResult",
    "Searcher",
    "Term",
    "VectorIndex",
    "choices",
    "combine",
    "format",
    "parse",
    "prepare",
]
