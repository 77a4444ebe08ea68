"""Label clusters by the words that set them apart: class-based TF-IDF.

Grootendorst 2022 (BERTopic), sec. 3.3: the weight of a term in a class is
``tf * log(1 + A / f)``, with `tf` its frequency in the class, `f` over all
classes and `A` the mean number of terms per class. Here a post counts each of
its terms once, so that a single long post does not dominate its cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import sparse

from backend.text.stopwords import stopwords
from backend.text.tokens import content_words

WORDS = 8
_LABEL_WORDS = 3
_LIFT = 2.0  # how much more frequent a word must be than in all other posts
_FREQUENT = 0.08  # share of the posts of a cluster that must have a word of its label,
_FALLBACK = 0.03  # or this share, when too few words reach it
_NO_VECTOR_WEIGHT = 0.35  # factor of a term without a vector


def words_of(
    text: str | None, title: str | None, language: str | None = None, *read: str | None
) -> set[str]:
    """Return the words of the text and title of a post, and of what was read in it.

    Parameters
    ----------
    text, title : str or None
    language : str, optional
        Of the text, for its stopwords.
    *read : str or None
        What is written in its image and said in its sound.

    Returns
    -------
    set of str
        Lower case; no stopwords, numbers, addresses or names of accounts.

    Examples
    --------
    >>> sorted(words_of("See the 2 cats at http://x.org @anna", None))
    ['cats']
    """
    return set(content_words(" ".join(filter(None, (title, text, *read))), language))


def tags_of(tags: Sequence[str] | None, language: str | None = None) -> set[str]:
    """Return the tags of a post, in lower case, without numbers and stopwords.

    Examples
    --------
    >>> sorted(tags_of(["North  America", "1990s", "the"]))
    ['north america']
    """
    stop = stopwords(language)
    plain = (" ".join(tag.lower().split()) for tag in tags or ())
    return {
        tag
        for tag in plain
        if len(tag) > 2 and tag not in stop and not any(c.isdigit() for c in tag)
    }


def terms_of(
    text: str | None,
    title: str | None,
    tags: Sequence[str] | None,
    language: str | None = None,
    *read: str | None,
) -> set[str]:
    """Return the words and tags of a post; see `words_of`."""
    return words_of(text, title, language, *read) | tags_of(tags, language)


class Terms:
    """The terms of posts, as a matrix of posts and terms.

    Parameters
    ----------
    posts : sequence of set of str
        The terms of each post; see `terms_of`.
    languages : sequence of str or None, optional
        Of each post. When given, terms that occur mostly outside the most frequent
        language are left out: readers of the labels may not know them.
    least : int
        Smallest number of posts that a term must be in.
    """

    def __init__(
        self,
        posts: Sequence[set[str]],
        languages: Sequence[str | None] | None = None,
        *,
        least: int = 3,
    ) -> None:
        counts = Counter(term for post in posts for term in post)
        in_main_language = counts if languages is None else _main_language_counts(posts, languages)
        form = _merge_plurals(counts)
        names = sorted(
            {form[t] for t, n in counts.items() if n >= least and in_main_language[t] >= 0.6 * n}
        )
        column = {term: i for i, term in enumerate(names)}
        columns = [
            sorted({column[form[term]] for term in post if form[term] in column}) for post in posts
        ]
        starts = np.cumsum([0, *map(len, columns)])
        flat = np.array([i for some in columns for i in some], dtype=np.int32)
        self.names = np.array(names, dtype=object)
        self.matrix = sparse.csr_matrix(
            (np.ones(len(flat), dtype=np.float32), flat, starts), shape=(len(posts), len(names))
        )

    @classmethod
    def of(cls, names: np.ndarray, matrix: sparse.csr_matrix) -> Terms:
        """Wrap an existing matrix, ``(rows, names)`` of ones and zeros."""
        terms = cls([])
        terms.names, terms.matrix = names, matrix
        return terms

    def counts(self, rows: np.ndarray) -> np.ndarray:
        """Count the given rows that have each term, ``(terms,)`` int."""
        return np.asarray(self.matrix[rows].sum(axis=0)).ravel().astype(np.int64)

    @cached_property
    def frequency(self) -> np.ndarray:
        """Number of rows that have each term, ``(terms,)`` int, at least 1."""
        return np.maximum(np.asarray(self.matrix.sum(axis=0)).ravel(), 1).astype(np.int64)

    def weights(self, labels: np.ndarray, clusters: int) -> tuple[np.ndarray, np.ndarray]:
        """Compute the class-based TF-IDF of each term in each cluster.

        Parameters
        ----------
        labels : numpy.ndarray
            ``(posts,)`` int, -1 for posts in no cluster, which still count as other posts.
        clusters : int

        Returns
        -------
        weights, shares : numpy.ndarray
            ``(clusters, terms)``: the weight, and the share of the cluster's
            posts that have the term.
        """
        rows = np.flatnonzero(labels >= 0)
        membership = sparse.csr_matrix(
            (np.ones(len(rows), dtype=np.float32), (labels[rows], rows)),
            shape=(clusters, len(labels)),
        )
        inside = (membership @ self.matrix).toarray()
        sizes = np.maximum(np.bincount(labels[rows], minlength=clusters), 1)[:, None]
        share = inside / sizes
        every = np.asarray(self.matrix.sum(axis=0)).ravel()
        rest = (every - inside) / np.maximum(len(labels) - sizes, 1)
        groups = clusters + 1
        frequency = share + rest * (groups - 1)
        mean = frequency.sum(axis=1, keepdims=True) / groups
        weight = share * np.log1p(mean / np.maximum(frequency, 1e-9) / 10)
        return np.where(share > _LIFT * rest, weight, 0.0), share

    def describe(
        self, labels: np.ndarray, clusters: int, nearness: np.ndarray | None = None
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Return a label and the strongest words of each cluster.

        Parameters
        ----------
        labels : numpy.ndarray
            ``(posts,)`` int.
        clusters : int
        nearness : numpy.ndarray, optional
            ``(clusters, terms)``: cosine of each term and centroid, NaN for terms
            without a vector. Near terms describe a cluster better than terms that
            merely happen to be frequent in it.

        Returns
        -------
        list of (str, tuple of str)
            A label has up to three words; it is empty when no word stands out.
        """
        if not clusters or not len(self.names):
            return [("", ())] * clusters
        weights, shares = self.weights(labels, clusters)
        if nearness is not None:
            weights = weights * np.where(
                np.isnan(nearness), _NO_VECTOR_WEIGHT, np.maximum(nearness + 0.5, 0.1)
            )
        described = []
        for weight, share in zip(weights, shares, strict=True):
            order = np.argsort(-weight, kind="stable")[: 4 * WORDS]
            words: list[str] = []
            for i in order:
                if weight[i] > 0 and not _is_redundant(self.names[i], words):
                    words.append(self.names[i])
            place = dict(zip(self.names[order], order, strict=True))
            frequent = [w for w in words if share[place[w]] >= _FREQUENT]
            frequent += [w for w in words if _FALLBACK <= share[place[w]] < _FREQUENT]
            described.append((", ".join((frequent or words)[:_LABEL_WORDS]), tuple(words[:WORDS])))
        return described


def _main_language_counts(
    posts: Sequence[set[str]], languages: Sequence[str | None]
) -> Counter[str]:
    """Count the posts with a term whose language is the most frequent one or unknown."""
    main = next(iter(Counter(x for x in languages if x).most_common(1)), (None, 0))[0]
    in_main = (p for p, x in zip(posts, languages, strict=True) if x in (main, None))
    return Counter(term for post in in_main for term in post)


def _is_redundant(term: str, words: Sequence[str]) -> bool:
    """Whether a term adds nothing to the words chosen before."""
    parts = set(term.split())
    return any(parts & set(w.split()) or term[:5] == w[:5] for w in words)


def _merge_plurals(counts: Counter[str]) -> dict[str, str]:
    """Map singular and plural to the more frequent of the two."""
    form = {term: term for term in counts}
    for term in counts:
        for ending in ("s", "es"):
            other = term + ending
            if other in counts and len(term) > 2:
                kept, dropped = (term, other) if counts[term] >= counts[other] else (other, term)
                form[dropped] = kept
    return {term: form[form[term]] for term in counts}
