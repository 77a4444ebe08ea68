"""Name clusters so that a stranger knows what each is about and how it differs from the next.

A term is worth the more, the more often its cluster has it than others do (class-based
TF-IDF, see `Terms.weights`), the less the nearest clusters share it, and the nearer its
vector is to the centroid. Terms that mean the same support each other, across languages, too:
"coffee" stands for "Kaffee" and "café". What is chosen next must add something (maximal
marginal relevance, Carbonell and Goldstein 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.vectors import normalize
from backend.maps.labels import Terms

WORDS = 8
_LABEL_WORDS = 3
_FREQUENT = 0.08  # share of the posts of a cluster that must have a word of its name,
_FALLBACK = 0.03  # or this share, when too few words reach it
_FAR, _NO_VECTOR = 0.04, 0.12  # factor of a term far from the centroid; of one without a vector
_CENTRAL = 0.3  # cosine with the centroid, from which a single post with a term will do
_SAME = 0.45  # cosine from which terms support each other
_RIVALS = 3  # nearest clusters that a name must tell from its own
_NOVELTY = 0.2  # of a choice; the rest is what it is worth
_CONSIDERED = 40  # terms of a cluster
_WORTH = 0.12  # of the best term, that a term of a name has at least
_SIGNS = {"#": 0.6, "": 0.4}  # factor of hashtags and of emoji: words come first


@dataclass(frozen=True, slots=True, eq=False)
class Meanings:
    """Where terms and clusters are in the joint space, around their means.

    Attributes
    ----------
    terms : numpy.ndarray
        ``(terms, dim)`` of unit length; zeros for a term without a vector.
    clusters : numpy.ndarray
        ``(clusters, dim)``: centroids of unit length.
    """

    terms: np.ndarray
    clusters: np.ndarray


def name_clusters(
    terms: Terms, labels: np.ndarray, clusters: int, meanings: Meanings | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """Return a name and the strongest terms of each cluster.

    Parameters
    ----------
    terms : Terms
    labels : numpy.ndarray
        ``(posts,)`` int, -1 for posts in no cluster, which still count as other posts.
    clusters : int
    meanings : Meanings, optional

    Returns
    -------
    list of (str, tuple of str)
        A name has up to three terms; it is empty when no term stands out.
    """
    if not clusters or not len(terms.names):
        return [("", ())] * clusters
    weights, shares = terms.weights(labels, clusters)
    if meanings is not None:
        sizes = np.bincount(labels[labels >= 0], minlength=clusters)[:, None]
        weights, shares = _by_meaning(weights, shares, sizes, meanings)
    weights = weights * contrast(shares, meanings) * terms.telling
    known = None if meanings is None else meanings.terms
    form = np.array([_form(name) for name in terms.names])
    readable = np.where(terms.is_foreign, 0.0, form)
    result = []
    for weight, share in zip(weights * form, shares, strict=True):
        words = _choose(terms.names, weight, known, WORDS)
        # Readers may not know words of other languages: these only name what has no others.
        named = _choose(terms.names, weight * (readable > 0), known, WORDS) or words
        frequent = [i for i in named if share[i] >= _FREQUENT]
        frequent += [i for i in named if _FALLBACK <= share[i] < _FREQUENT]
        name = ", ".join(terms.names[i] for i in (frequent or named)[:_LABEL_WORDS])
        result.append((name, tuple(terms.names[i] for i in words)))
    return result


def _form(name: str) -> float:
    """Return what a term is worth by its form: words before hashtags before emoji."""
    return 1.0 if name[:1].isalpha() else _SIGNS["#"] if name.startswith("#") else _SIGNS[""]


def _by_meaning(
    weights: np.ndarray, shares: np.ndarray, sizes: np.ndarray, meanings: Meanings
) -> tuple[np.ndarray, np.ndarray]:
    """Add to weights and shares what terms alike have, and prefer terms near the centroid."""
    vectors = meanings.terms
    has = vectors.any(axis=1)
    rows = np.flatnonzero(has)
    alike = np.maximum(vectors[rows] @ vectors[rows].T - _SAME, 0.0) / (1.0 - _SAME)
    np.fill_diagonal(alike, 1.0)
    weights, pooled = weights.copy(), shares.copy()
    # Only a term that stands out itself is supported.
    weights[:, rows] = np.where(weights[:, rows] > 0, weights[:, rows] @ alike, 0.0)
    pooled[:, rows] = np.minimum(shares[:, rows] @ alike, 1.0)
    near = np.where(has, np.maximum(meanings.clusters @ vectors.T, _FAR), _NO_VECTOR)
    # What one post says counts where it is what all of them are about.
    sure = (shares * sizes > 1.5) | (has & (near >= _CENTRAL))
    return weights * near * sure, pooled


def contrast(shares: np.ndarray, meanings: Meanings | None) -> np.ndarray:
    """Return how much of each term the nearest clusters lack, 0 to 1."""
    count = len(shares)
    if count < 2:
        return np.ones_like(shares)
    if meanings is None:
        first, columns = shares.argmax(axis=0), np.arange(shares.shape[1])
        others = shares.copy()
        others[first, columns] = -np.inf
        is_first = np.arange(count)[:, None] == first
        most = np.where(is_first, others.max(axis=0), shares[first, columns])
    else:
        cosines = meanings.clusters @ meanings.clusters.T
        np.fill_diagonal(cosines, -np.inf)
        rivals = np.argsort(-cosines, axis=1)[:, : min(_RIVALS, count - 1)]
        # One cluster at a time: hundreds of them, their rivals and all terms took a gigabyte.
        most = np.stack([shares[row].max(axis=0) for row in rivals])
    return np.asarray(shares / np.maximum(shares + most, 1e-9))


def _choose(
    names: np.ndarray, weights: np.ndarray, vectors: np.ndarray | None, limit: int
) -> list[int]:
    """Return the best terms of a cluster that add something to one another, best first."""
    order = np.argsort(-weights, kind="stable")[:_CONSIDERED]
    left = order[weights[order] > _WORTH * max(weights[order[0]], 1e-12)].tolist()
    chosen: list[int] = []
    while left and len(chosen) < limit:
        best = max(left, key=lambda i: _marginal(i, chosen, weights, vectors))
        left.remove(best)
        if not _is_redundant(names[best], [names[i] for i in chosen]):
            chosen.append(best)
    return chosen


def _marginal(
    term: int, chosen: Sequence[int], weights: np.ndarray, vectors: np.ndarray | None
) -> float:
    """Return what a term is worth beside those chosen before, as a share of the best one."""
    worth = float(weights[term] / weights.max())
    if not chosen or vectors is None:
        return worth
    same = float(max(0.0, (vectors[list(chosen)] @ vectors[term]).max()))
    return _NOVELTY * worth - (1.0 - _NOVELTY) * same


def _is_redundant(term: str, others: Sequence[str]) -> bool:
    """Whether a term repeats letters of those chosen before."""
    parts = set(term.split())
    return any(
        parts & set(other.split())
        or term[:5] == other[:5]
        or term.lstrip("#") == other.lstrip("#")
        or other.replace(" ", "") in term
        for other in others
    )


def centroids(vectors: np.ndarray, codes: np.ndarray, clusters: int) -> np.ndarray:
    """Return the mean of each cluster, ``(clusters, dim)`` of unit length."""
    means = [vectors[codes == cluster].mean(axis=0) for cluster in range(clusters)]
    return normalize(np.stack(means)) if means else np.empty((0, vectors.shape[1]), np.float32)
