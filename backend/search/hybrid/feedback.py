"""What the first hits have in common, and how near other posts are to it.

A query of a few words says less than a post that means it, and posts in other languages share no
word with it. So the first hits are read as a query, too (Rocchio, "Relevance Feedback in
Information Retrieval", 1971; for vectors Li et al., "Pseudo Relevance Feedback with Deep Language
Models and Dense Retrievers", 2023). Each of them is compared with the others and the query alone,
so that one which merely shares a word with the query gains nothing by being among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.vectors import normalize
from backend.search.hybrid.dense import DensePart

FIRST = 5  # hits, each of another duplicate group; chosen with the weights
QUERY = 0.25  # weight of the query itself, where the first hit has 1
_TINY = 1e-30  # against a division by zero
_LOOKED_AT = 50  # candidates among which they are looked for


def nearness(
    part: DensePart, ids: Sequence[str], odds: np.ndarray, languages: np.ndarray
) -> np.ndarray:
    """Return how near candidates are to what the query and the first of them say, ``(n,)``.

    Parameters
    ----------
    part : DensePart
        Whose vectors are compared.
    ids : sequence of str
    odds : numpy.ndarray
        ``(n,)`` log-odds of relevance: the first are weighed by their probability, compared with
        that of the first.
    languages : numpy.ndarray
        ``(directions, dim)`` in which languages differ, which do not count.

    Returns
    -------
    numpy.ndarray
        In spreads from chance; NaN without a vector.
    """
    ranking = np.lexsort((np.array(ids, dtype=str), -odds))[:_LOOKED_AT]
    groups = part.index.groups_of(ids)
    vectors = part.index.vectors([ids[row] for row in ranking]).astype(np.float64)
    has = vectors.any(axis=1)
    ranking, vectors = ranking[has], vectors[has]
    places = np.sort(np.unique(groups[ranking], return_index=True)[1])[:FIRST]
    rows, vectors = ranking[places], vectors[places]
    probabilities = 1.0 / (1.0 + np.exp(-odds[rows]))
    weighed = vectors * (probabilities / max(probabilities.max(initial=0.0), _TINY))[:, None]
    shared = QUERY * part.vector + weighed.sum(axis=0)
    common = _without(shared, languages)
    found = part.index.scores(common if common.any() else part.vector, ids)
    own = np.sum(vectors * _without(shared - weighed, languages), axis=1)
    for row, cosine in zip(rows, own, strict=True):
        found[groups == groups[row]] = cosine
    return found / part.spread


def _without(vectors: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return vectors ``(..., dim)`` of unit length without some directions."""
    return normalize(vectors - (vectors @ directions.T) @ directions)
