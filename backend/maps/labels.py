"""What a cluster is about, in words that the others do not share: class-based TF-IDF.

Grootendorst 2022 (BERTopic), sec. 3.3: the weight of a term in a class is
``tf * log(1 + A / f)``, with `tf` its frequency in the class, `f` over all
classes and `A` the mean number of terms a class. Here a post counts each of
its terms once, so that one long post does not speak for its cluster.
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
_IN_LABEL = 3
_LIFT = 2.0  # how much more frequent a word must be than in all other posts
_LEAST = 0.08  # share of a cluster's posts that must have a word for it to stand in the label,
_ENOUGH = 0.03  # unless too few have
_NO_VECTOR = 0.35  # weight of a term that no vector speaks for


def words_of(text: str | None, title: str | None, language: str | None = None) -> set[str]:
    """The words of a post's text and title.

    Parameters
    ----------
    text, title : str or None
    language : str, optional
        Of the text, for its stopwords.

    Returns
    -------
    set of str
        Lower case; no stopwords, numbers, addresses or names of accounts.

    Examples
    --------
    >>> sorted(words_of("See the 2 cats at http://x.org @anna", None))
    ['cats']
    """
    return set(content_words(f"{title or ''} {text or ''}", language))


def tags_of(tags: Sequence[str] | None, language: str | None = None) -> set[str]:
    """The tags of a post, lower case, without numbers and stopwords.

    Examples
    --------
    >>> sorted(tags_of(["North  America", "1990s", "the"]))
    ['north america']
    """
    empty = stopwords(language)
    plain = (" ".join(tag.lower().split()) for tag in tags or ())
    return {
        tag
        for tag in plain
        if len(tag) > 2 and tag not in empty and not any(c.isdigit() for c in tag)
    }


def terms_of(
    text: str | None,
    title: str | None,
    tags: Sequence[str] | None,
    language: str | None = None,
) -> set[str]:
    """The words of a post and its tags."""
    return words_of(text, title, language) | tags_of(tags, language)


class Terms:
    """Which post has which term.

    Parameters
    ----------
    posts : sequence of set of str
        As `terms_of` gives them.
    languages : sequence of str or None, optional
        Of each post. When given, a term that is mostly used in posts of
        another language than the corpus's first one is left out: a reader of
        labels cannot be expected to know it.
    least : int
        Posts that a term must be in.
    """

    def __init__(
        self,
        posts: Sequence[set[str]],
        languages: Sequence[str | None] | None = None,
        *,
        least: int = 3,
    ) -> None:
        counts = Counter(term for post in posts for term in post)
        home = counts if languages is None else _at_home(posts, languages)
        same = _forms(counts)
        kept = sorted({same[t] for t, n in counts.items() if n >= least and home[t] >= 0.6 * n})
        row = {term: i for i, term in enumerate(kept)}
        at = [sorted({row[same[term]] for term in post if same[term] in row}) for post in posts]
        starts = np.cumsum([0, *map(len, at)])
        flat = np.array([i for some in at for i in some], dtype=np.int32)
        self.names = np.array(kept, dtype=object)
        self.matrix = sparse.csr_matrix(
            (np.ones(len(flat), dtype=np.float32), flat, starts), shape=(len(posts), len(kept))
        )

    @classmethod
    def of(cls, names: np.ndarray, matrix: sparse.csr_matrix) -> Terms:
        """Terms from a matrix that is there, ``(rows, names)`` of ones and zeros."""
        made = cls([])
        made.names, made.matrix = names, matrix
        return made

    def counts(self, rows: np.ndarray) -> np.ndarray:
        """In how many of some rows each term is, ``(terms,)`` int."""
        return np.asarray(self.matrix[rows].sum(axis=0)).ravel().astype(np.int64)

    @cached_property
    def frequency(self) -> np.ndarray:
        """In how many rows each term is, ``(terms,)`` int, at least 1."""
        return np.maximum(np.asarray(self.matrix.sum(axis=0)).ravel(), 1).astype(np.int64)

    def weights(self, labels: np.ndarray, clusters: int) -> tuple[np.ndarray, np.ndarray]:
        """Class-based TF-IDF of each term in each cluster.

        Parameters
        ----------
        labels : numpy.ndarray
            ``(posts,)`` int, -1 for posts in no cluster, which still count
            among the others.
        clusters : int

        Returns
        -------
        weights, shares : numpy.ndarray
            ``(clusters, terms)``: the weight, and the share of the cluster's
            posts that have the term.
        """
        rows = np.flatnonzero(labels >= 0)
        member = sparse.csr_matrix(
            (np.ones(len(rows), dtype=np.float32), (labels[rows], rows)),
            shape=(clusters, len(labels)),
        )
        inside = (member @ self.matrix).toarray()
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
        self, labels: np.ndarray, clusters: int, near: np.ndarray | None = None
    ) -> list[tuple[str, tuple[str, ...]]]:
        """A label and the strongest words of each cluster.

        Parameters
        ----------
        labels : numpy.ndarray
            ``(posts,)`` int.
        clusters : int
        near : numpy.ndarray, optional
            ``(clusters, terms)``: cosine of each term with the middle of each
            cluster, NaN for terms that have no vector. What is near speaks for
            a cluster more than what only happens to be frequent in it.

        Returns
        -------
        list of (str, tuple of str)
            A label is of up to three words; empty where no word stands out.
        """
        if not clusters or not len(self.names):
            return [("", ())] * clusters
        weights, shares = self.weights(labels, clusters)
        if near is not None:
            weights = weights * np.where(np.isnan(near), _NO_VECTOR, np.maximum(near + 0.5, 0.1))
        made = []
        for weight, share in zip(weights, shares, strict=True):
            order = np.argsort(-weight, kind="stable")[: 4 * WORDS]
            words: list[str] = []
            for i in order:
                if weight[i] > 0 and not _told(self.names[i], words):
                    words.append(self.names[i])
            where = dict(zip(self.names[order], order, strict=True))
            strong = [w for w in words if share[where[w]] >= _LEAST]
            strong += [w for w in words if _ENOUGH <= share[where[w]] < _LEAST]
            made.append((", ".join((strong or words)[:_IN_LABEL]), tuple(words[:WORDS])))
        return made


def _at_home(posts: Sequence[set[str]], languages: Sequence[str | None]) -> Counter[str]:
    """How many posts in the corpus's first language, or in none that is known, have a term."""
    first = next(iter(Counter(x for x in languages if x).most_common(1)), (None, 0))[0]
    here = (p for p, x in zip(posts, languages, strict=True) if x in (first, None))
    return Counter(term for post in here for term in post)


def _told(term: str, words: Sequence[str]) -> bool:
    """Whether a term adds nothing to words that were chosen before."""
    parts = set(term.split())
    return any(parts & set(w.split()) or term[:5] == w[:5] for w in words)


def _forms(counts: Counter[str]) -> dict[str, str]:
    """Singular and plural as the more frequent of the two."""
    same = {term: term for term in counts}
    for term in counts:
        for ending in ("s", "es"):
            other = term + ending
            if other in counts and len(term) > 2:
                one, two = (term, other) if counts[term] >= counts[other] else (other, term)
                same[two] = one
    return {term: same[same[term]] for term in counts}
