"""Choose the words of a corpus that get a vector: tags, hashtags, words, phrases and emoji."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from backend.domain import EMOTIONS
from backend.text.background import frequency
from backend.text.topic_terms import topic_terms, two_words

MAX_WORDS = 2_000
LEAST_WORDS = 800  # room that a small corpus has, so that its rare words have neighbours
POSTS_A_WORD = 10  # a larger one has a tenth as many words as posts
_READ = 2_000  # characters of a text that are read
_OF_PHRASE = 0.3  # share of the posts with its rarer word that a phrase must be in
_LEAST_PHRASE = 3  # posts
_BLAND = 1e-4  # frequency in its language from which a word says little about one corpus
_COUNTED = 2_000_000  # terms; beyond, those seen once are forgotten


def words(tables: Iterable[pa.Table]) -> list[str]:
    """Choose the most frequent tags, then the terms of texts that carry a topic.

    Stopwords of the language of each post are none. Where there is room, words of a single
    post follow, if people use them elsewhere: typing errors have no vector worth showing.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Posts with the columns ``text``, ``tags`` and ``language``.

    Returns
    -------
    list of str
        Sorted; always with the names of the emotions.
    """
    tags: Counter[str] = Counter()
    terms: Counter[str] = Counter()
    language: dict[str, str] = {}
    posts = 0
    for table in tables:
        for row in table.to_pylist():
            posts += 1
            tags.update({t.lower() for t in row["tags"] or () if len(t) < 40 and not t.isdigit()})
            code = row["language"]
            found = set(topic_terms((row["text"] or "")[:_READ], code, phrases=True))
            terms.update(found)
            if code:
                language.update(dict.fromkeys(found, code))
        if len(terms) > _COUNTED:
            terms = Counter({term: n for term, n in terms.items() if n > 1})
            language = {term: code for term, code in language.items() if term in terms}
    room = min(MAX_WORDS, max(LEAST_WORDS, posts // POSTS_A_WORD))
    chosen = [tag for tag, n in _ranked(tags) if n > 1][:room]
    known = set(chosen)
    several = [term for term, n in _ranked(terms) if n > 1 and _is_term(term, terms)]
    chosen += [term for term in several if term not in known][: room - len(chosen)]
    if len(chosen) < room:
        chosen += _rare(terms, language)[: room - len(chosen)]
    return sorted({*chosen, *EMOTIONS})


def _is_term(term: str, counts: Counter[str]) -> bool:
    """Whether a phrase is more than two words that happened to meet."""
    pair = two_words(term)
    if pair is None:
        return True
    n = counts[term]
    return n >= _LEAST_PHRASE and n >= _OF_PHRASE * min(counts[word] for word in pair)


def _rare(counts: Counter[str], language: dict[str, str]) -> list[str]:
    """Return the words of a single post, the most usual ones of their language first."""
    usual = {
        term: frequency(term, language[term])
        for term, n in counts.items()
        if n == 1 and term in language and two_words(term) is None
    }
    usual = {term: often for term, often in usual.items() if 0 < often < _BLAND}
    return sorted(usual, key=lambda term: (-usual[term], term))


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))
