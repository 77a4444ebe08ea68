"""The parts of a search that compare vectors, on one scale: that of chance.

A cosine means something else in each space. Divided by the spread of the cosines of
random queries, it says how far a hit is from chance in any of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from backend.core.lru import LRU
from backend.core.vectors import normalize
from backend.corpus.native import Native
from backend.domain import Kind, KindredError
from backend.search.hybrid.encoded import EncodedTerm
from backend.search.hybrid.languages import without_language
from backend.search.index.open_index import Index
from backend.search.index.vectors import combine, combine_apart
from backend.search.searcher import Searcher

_SAMPLE_ROWS = 6_000  # of the table of all vectors, to estimate the spread from
_SPREADS = 64
_SUMS = (Kind.WORD, Kind.USER)  # "king - man + woman" is a sum
_LEAST = 30  # vectors of either kind; with fewer, the spread of random vectors is taken

_spreads: LRU[tuple, float] = LRU(_SPREADS)


@dataclass(frozen=True, slots=True, eq=False)
class DensePart:
    """One index and the query vector for it.

    Attributes
    ----------
    index : Index
        Of the vectors that are compared.
    vector : numpy.ndarray
        ``(dim,)``.
    spread : float
        Standard deviation of the cosines of random queries.
    share : float
        Share of the weight of the terms that the part understands.
    """

    index: Index
    vector: np.ndarray
    spread: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class DenseFound:
    """Candidates of one part; `candidates` passed the filter."""

    ids: list[str]
    candidates: int
    estimated: bool


def part_of(
    searcher: Searcher, kind: Kind | Native, terms: Sequence[EncodedTerm]
) -> DensePart | None:
    """Return the part of a query that an index understands; None where there is none."""
    if kind is Kind.USER and (part := _author_part(searcher, terms)) is not None:
        return part
    index = searcher.index(kind)
    if isinstance(kind, Native):
        terms_, vectors = _native(kind, terms)
        means = np.broadcast_to(index.offset, vectors.shape) if len(index) and terms_ else None
        sources: Sequence[Kind | Native] = [kind]
    else:
        terms_, vectors = list(terms), np.stack([term.joint for term in terms])
        sources = [term.kind for term in terms]
        means = searcher.means(sources, vectors.shape[1])
    if not terms_ or not len(index):
        return None
    weights = [term.weight for term in terms_]
    try:
        add = combine if kind in _SUMS else combine_apart
        vector = add(vectors, weights, means=means)
    except KindredError:
        if isinstance(kind, Native):  # the terms that it understands cancel out
            return None
        raise
    if isinstance(kind, Native) or any(term.kind is Kind.TEXT for term in terms_):
        spoken = kind if isinstance(kind, Native) else Kind.TEXT
        vector = without_language(searcher, spoken, vector)
    share = sum(map(abs, weights)) / sum(abs(term.weight) for term in terms)
    return DensePart(index, vector, _spread(searcher, sources[0], kind), share)


def _author_part(searcher: Searcher, terms: Sequence[EncodedTerm]) -> DensePart | None:
    """Return the part that compares with users in their own space; None where there is none."""
    users = searcher.users()
    vectors = [term.authored for term in terms if term.authored is not None]
    if users is None or not terms or len(vectors) < len(terms):
        return None
    vector = combine(np.stack(vectors), [term.weight for term in terms])
    return DensePart(users.index, vector, users.space.spread, 1.0)


def _native(kind: Native, terms: Sequence[EncodedTerm]) -> tuple[list[EncodedTerm], np.ndarray]:
    known = [term for term in terms if kind in term.native]
    return known, np.stack([term.native[kind] for term in known]) if known else np.empty((0, 0))


def find(
    part: DensePart,
    limit: int,
    *,
    allowed: pa.Array | None,
    exclude: Collection[str],
    distinct: bool,
) -> DenseFound:
    """Return the nearest ids of a part."""
    hits = part.index.search(
        part.vector, limit, allowed=allowed, exclude=exclude, distinct=distinct
    )
    return DenseFound(list(hits.ids), hits.candidates, hits.estimated)


def cosines(part: DensePart, ids: Sequence[str]) -> np.ndarray:
    """Return the cosine of each id with the query; NaN for one without a vector."""
    return part.index.scores(part.vector, ids)


def _spread(searcher: Searcher, query: Kind | Native, target: Kind | Native) -> float:
    corpus, bundle = searcher.corpus, searcher.bundle
    key = (corpus.uri, bundle, corpus.stamp(bundle), query, target)

    def estimate() -> float:
        offsets = [searcher.index(kind).offset for kind in (query, target)]
        samples = [
            normalize(normalize(corpus.sample_vectors(bundle, kind, _SAMPLE_ROWS)) - offset)
            for kind, offset in zip((query, target), offsets, strict=True)
        ]
        samples = [sample[sample.any(axis=1)] for sample in samples]
        if min(map(len, samples)) < _LEAST:
            return float(1.0 / np.sqrt(corpus.dim(bundle) / 4))
        cosines = samples[0][::2] @ samples[1][1::2].T  # never a vector with itself
        return float(np.clip(cosines.std(), 0.02, 1.0))

    return _spreads.get_or_make(key, estimate)
