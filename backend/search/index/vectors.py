"""Combine the vectors of the terms of a query into one query vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.vectors import normalize
from backend.domain import KindredError


def combine(
    vectors: np.ndarray, weights: Sequence[float], *, means: np.ndarray | None = None
) -> np.ndarray:
    """Add weighted terms: the unit vector along the sum of ``w * v / |v|``.

    With negative weights only, the least similar rank first. A weight of -1 also
    moves away from what both terms have in common; about -0.5 keeps more of it
    (``python -m bench.signed_queries``).

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(terms, dim)``.
    weights : sequence of float
        One for each term.
    means : numpy.ndarray, optional
        ``(terms, dim)``: for each term the mean vector of its kind, subtracted
        first, for indices that are centred too (`VectorIndex`). What all vectors
        of a kind have in common then no longer counts, which matters most for
        differences.

    Returns
    -------
    numpy.ndarray
        ``(dim,)`` float32 of unit length.

    Raises
    ------
    KindredError
        ``empty_query`` when the terms have no direction or cancel out.
    """
    vectors = normalize(np.asarray(vectors, dtype=np.float32))
    if means is not None:
        vectors = normalize(vectors - np.asarray(means, dtype=np.float32))
    if not vectors.any():
        raise KindredError("empty_query", "The query has nothing to search for.")
    total = normalize(np.asarray(weights, dtype=np.float32) @ vectors)
    if not total.any():
        raise KindredError("empty_query", "The terms of the query cancel out.")
    return total


def combine_apart(
    vectors: np.ndarray, weights: Sequence[float], *, means: np.ndarray | None = None
) -> np.ndarray:
    """Add terms as `combine` does, but take of unwanted ones only what the wanted have of them.

    "food - restaurant" less a whole vector loses what both have in common, which is the food.
    Less its projection it is orthogonal to what is unwanted (Widdows, "Orthogonal Negation in
    Vector Spaces for Modelling Word-Meanings and Document Retrieval", 2003), and hits are no
    likelier about it than any other post.

    Parameters and what is returned or raised are those of `combine`.
    """
    signs = np.asarray(weights, dtype=np.float32)
    unwanted = signs < 0
    if unwanted.all() or not unwanted.any():
        return combine(vectors, weights, means=means)
    wanted = combine(
        vectors[~unwanted],
        signs[~unwanted].tolist(),
        means=None if means is None else means[~unwanted],
    )
    others = normalize(np.asarray(vectors[unwanted], dtype=np.float32))
    if means is not None:
        others = normalize(others - np.asarray(means[unwanted], dtype=np.float32))
    shared = np.maximum(others @ wanted, 0.0)
    rest = normalize(wanted + (signs[unwanted] * shared) @ others)
    if not rest.any():
        raise KindredError("empty_query", "The terms of the query cancel out.")
    return rest
