"""Take the language out of a query, so that it finds what is meant in every language.

Texts of one language lie together in the space of a multilingual encoder, whatever they say,
so a short query finds most of all posts in its own language. What sets languages apart lies in
a few directions (Yang et al., "A Simple and Effective Method To Eliminate the Self Language Bias
in Multilingual Representations", 2021). The query alone is projected: what it lacks cannot
count in the vectors that it is compared with, and these stay as they are.
"""

from __future__ import annotations

import numpy as np

from backend.core.lru import LRU
from backend.core.vectors import normalize
from backend.corpus.native import Native
from backend.domain import Kind
from backend.search.searcher import Searcher

_DIRECTIONS = 6  # at most, chosen on corpora of eleven languages
_SAMPLE_POSTS = 4_000
_LEAST = 8  # texts of a language, so that their mean is more of the language than of their topics
_CACHED = 64

_directions: LRU[tuple, np.ndarray] = LRU(_CACHED)


def without_language(searcher: Searcher, kind: Kind | Native, vector: np.ndarray) -> np.ndarray:
    """Return a query without the directions in which the languages of the corpus differ.

    Parameters
    ----------
    searcher : Searcher
    kind : Kind or Native
        Whose vectors are read for the directions.
    vector : numpy.ndarray
        ``(dim,)``.

    Returns
    -------
    numpy.ndarray
        ``(dim,)`` float32 of unit length; as it was in a corpus of one language.
    """
    directions = language_directions(searcher, kind)
    rest = normalize(vector - (directions @ vector) @ directions)
    return rest if rest.any() else vector


def language_directions(searcher: Searcher, kind: Kind | Native) -> np.ndarray:
    """Return the directions in which the languages of a corpus differ most, ``(n, dim)``.

    Orthonormal rows of float32; none in a corpus of one language.
    """
    corpus, bundle = searcher.corpus, searcher.bundle
    return _directions.get_or_make(
        (corpus.uri, bundle, corpus.stamp(bundle), kind), lambda: _estimate(searcher, kind)
    )


def _estimate(searcher: Searcher, kind: Kind | Native) -> np.ndarray:
    corpus, bundle = searcher.corpus, searcher.bundle
    none = np.empty((0, corpus.dim(bundle)), dtype=np.float32)
    if len([code for code in corpus.info().languages if code]) < 2:
        return none
    posts = corpus.sample_posts(_SAMPLE_POSTS, ["id", "language"])
    language = dict(zip(posts["id"].to_pylist(), posts["language"].to_pylist(), strict=True))
    ids, vectors = corpus.vectors(bundle, kind, list(language))
    spoken = np.array([language[id_] or "" for id_ in ids], dtype=str)
    codes, counts = np.unique(spoken, return_counts=True)
    often = [code for code, n in zip(codes, counts, strict=True) if code and n >= _LEAST]
    if len(often) < 2:
        return none
    vectors = normalize(vectors)
    means = np.stack([vectors[spoken == code].mean(axis=0) for code in often])
    _, _, rows = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    return np.asarray(rows[: min(_DIRECTIONS, len(often) - 1)], dtype=np.float32)
