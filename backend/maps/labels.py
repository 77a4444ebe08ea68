"""The terms of posts, and how far each sets a cluster apart: class-based TF-IDF.

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

from backend.text.background import frequency
from backend.text.stopwords import stopwords
from backend.text.topic_terms import topic_terms, two_words

_LIFT = 2.0  # how much more frequent a term must be than in all other posts
_MAIN = 0.5  # least share of the posts with a term that are in the main language
_BLAND, _TELLING = 7.2, 3.0  # logarithm of the frequency of a word that says nothing; its range
_LEAST = 0.3  # factor of the most frequent word of a language


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
        With hashtags and emoji; no stopwords, numbers, addresses or names of accounts.

    Examples
    --------
    >>> sorted(words_of("See the 2 cats at http://x.org @anna", None))
    ['cats']
    """
    return set(topic_terms("\n".join(filter(None, (title, text, *read))), language))


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
    """Return the words, phrases and tags of a post; see `words_of`."""
    every = "\n".join(filter(None, (title, text, *read)))
    return set(topic_terms(every, language, phrases=True)) | tags_of(tags, language)


class Terms:
    """The terms of posts, as a matrix of posts and terms.

    Parameters
    ----------
    posts : sequence of set of str
        The terms of each post; see `terms_of`.
    languages : sequence of str or None, optional
        Of each post; needed to name clusters.
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
        form = _merge_plurals(counts)
        names = sorted({form[term] for term, n in counts.items() if n >= least})
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
        self._languages = list(languages) if languages is not None else [None] * len(posts)

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

    @cached_property
    def _of_language(self) -> tuple[list[str], np.ndarray]:
        """The languages, most frequent first, and the posts with each term, ``(languages, n)``."""
        codes = [code for code, _ in Counter(x for x in self._languages if x).most_common()]
        row = {code: i for i, code in enumerate(codes)}
        known = [(row[code], i) for i, code in enumerate(self._languages) if code]
        rows, posts = np.array(known, dtype=np.int64).reshape(-1, 2).T
        shape = (len(codes), len(self._languages))
        of = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, posts)), shape=shape)
        return codes, (of @ self.matrix).toarray()

    @cached_property
    def is_foreign(self) -> np.ndarray:
        """Whether a term is a word of another language than most posts, ``(terms,)`` bool."""
        codes, counts = self._of_language
        if not codes:
            return np.zeros(len(self.names), dtype=bool)
        outside = counts[1:].sum(axis=0) > (1 - _MAIN) * self.frequency
        # "film" is a word of several languages.
        known = [
            bool(n) and all(frequency(word, codes[0]) for word in two_words(name) or (name,))
            for name, n in zip(self.names, counts[0], strict=True)
        ]
        words = np.array([name[:1].isalpha() for name in self.names], dtype=bool)
        return outside & words & ~np.array(known, dtype=bool)

    @cached_property
    def telling(self) -> np.ndarray:
        """How much a term says about a topic in its language, whatever the corpus, .3 to 1."""
        codes, counts = self._of_language
        if not codes:
            return np.ones(len(self.names))
        most = counts.argmax(axis=0)
        often = [
            max(min(frequency(word, codes[i]) for word in two_words(name) or (name,)), 1e-9)
            for name, i in zip(self.names, most, strict=True)
        ]
        return np.clip((_BLAND - 9 - np.log10(often)) / _TELLING, _LEAST, 1.0)


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
