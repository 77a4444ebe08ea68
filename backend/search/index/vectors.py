"""From the vectors of a query's terms to the one vector that is searched with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.vectors import normalize
from backend.domain import KindredError


def combine(
    vectors: np.ndarray,
    weights: Sequence[float],
    *,
    means: np.ndarray | None = None,
) -> np.ndarray:
    """Add up signed, weighted terms: the unit vector along the sum of ``w * v / |v|``.

    When every weight is negative this ranks by least similar. A full minus one
    also pushes away from what the unwanted shares with the wanted; about minus
    a half keeps more of it (``python -m bench.signed`` measures that).

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(terms, dim)``.
    weights : sequence of float
        One a term.
    means : numpy.ndarray, optional
        ``(terms, dim)``: for each term the mean vector of its kind, taken off
        first. For indices that are centred too (`VectorIndex`): what all
        vectors of a kind have in common then no longer counts, which matters
        most for differences.

    Returns
    -------
    numpy.ndarray
        ``(dim,)`` float32 of unit length.

    Raises
    ------
    KindredError
        ``empty_query`` when the terms carry nothing or cancel out.
    """
    vectors = normalize(np.asarray(vectors, dtype=np.float32))
    if means is not None:
        vectors = normalize(vectors - np.asarray(means, dtype=np.float32))
    if not vectors.any():
        raise KindredError("empty_query", "No term of the query carries anything to search for.")
    total = normalize(np.asarray(weights, dtype=np.float32) @ vectors)
    if not total.any():
        raise KindredError("empty_query", "The terms of the query cancel out.")
    return total
