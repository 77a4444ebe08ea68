"""Search from anything to anything: the query, the filter, the index and the ranking."""

from backend.search.filters import Filter
from backend.search.index.open import IndexChoice, choices, prepare
from backend.search.index.vector_index import SearchHits, VectorIndex
from backend.search.index.vectors import combine
from backend.search.query import Query, QueryError, Term, format, parse
from backend.search.searcher import IndexCache, Searcher, SearchResult

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
