"""Search from anything to anything: the query, the filter, the index and the ranking."""

from backend.search.combine import combine
from backend.search.filters import Filter
from backend.search.index import Found, VectorIndex
from backend.search.opening import Choice, choices, prepare
from backend.search.query import Query, QueryError, Term, format, parse
from backend.search.searching import IndexCache, Searcher, SearchResult

__all__ = [
    "Choice",
    "Filter",
    "Found",
    "IndexCache",
    "Query",
    "QueryError",
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
