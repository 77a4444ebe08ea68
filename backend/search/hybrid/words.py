"""The part of a search that reads words: full-text search in the language of each post."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from backend.corpus.full_text import FullTextReader, TextHits
from backend.search.hybrid.encoded import EncodedTerm
from backend.text.search_tokens import BREAK, STEM, query_tokens, search_tokens, stem

RELATED = 8  # words of the corpus nearest to a query, which are looked for as well
NEAR, NEARLY = 0.25, 0.5  # least cosine of such a word, and its share of the best one
FAINT = 1.3  # power of what words near to a text say; chosen like the weights of all parts
SURELY = 2.0  # weight of a concept: its image has no other words
_TOKENS = 32  # of a term; a long text is found by its meaning
_FEW = 2_000  # allowed ids that are put into the query; else hits are filtered afterwards
_WIDER = 5  # so many times the candidates are fetched where a filter drops some


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """The posts that pass a filter.

    Attributes
    ----------
    ids : pyarrow.Array
        Not made a list, which takes long for many.
    passes : callable
        Whether each of some ids is among them, ``(n,)`` bool.
    """

    ids: pa.Array
    passes: Callable[[Sequence[str]], np.ndarray]


@dataclass(slots=True, eq=False)
class WordsFound:
    """How well the words of each post match; every mapping is by post id.

    Attributes
    ----------
    coverage : dict
        Weighted share of the words of a query that a post has, from -1 to 1: a word has
        more weight the fewer candidates have it.
    related : dict
        From 0 to 1: whether a post has words that are near to the query in the joint space.
    phrase : dict
        1 where the words of a term follow one another.
    matched : dict
        The words, as the query has them.
    groups : dict
        Duplicate groups.
    texts : dict
        The tokens of each post.
    """

    coverage: dict[str, float] = field(default_factory=dict)
    related: dict[str, float] = field(default_factory=dict)
    phrase: dict[str, float] = field(default_factory=dict)
    matched: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def find_words(
    reader: FullTextReader,
    terms: Sequence[EncodedTerm],
    languages: Sequence[str],
    limit: int,
    allowed: Allowed | None = None,
) -> WordsFound:
    """Find posts with the words of the terms.

    Parameters
    ----------
    reader : FullTextReader
    terms : sequence of EncodedTerm
    languages : sequence of str
        The most frequent of the corpus: whose stopwords and stems count.
    limit : int
        Posts for each term.
    allowed : Allowed, optional
        Only these.
    """
    found = WordsFound()
    total = sum(abs(term.weight) for term in terms if term.words or term.concepts) or 1.0
    for term in terms:
        text = term.words or " ".join(term.concepts)
        if not text:
            continue
        tokens = query_tokens(text, languages)[:_TOKENS]
        if not tokens:
            continue
        forms = [_forms(token, languages) for token in tokens]
        hits = _hits(reader, sorted(set().union(*forms)), limit, allowed)
        phrase = search_tokens(text) if term.words else []
        if len(phrase) > 1 and len(hits.ids) >= limit:  # the phrase may be further down
            hits = _joined(hits, _hits(reader, phrase, limit, allowed, phrase=True))
        share = term.weight / total * (1.0 if term.words else SURELY)
        _add(found, share, tokens, forms, hits, phrase)
    return found


def find_related(
    reader: FullTextReader,
    found: WordsFound,
    words: Mapping[str, float],
    limit: int,
    allowed: Allowed | None = None,
    *,
    power: float = 1.0,
) -> None:
    """Add the posts with words that are near to the query.

    A query in another language than the posts finds them so, and so does an image: several
    such words make a post likelier, as independent hints would.

    Parameters
    ----------
    reader : FullTextReader
    found : WordsFound
        Changed in place.
    words : mapping of str to float
        Cosine with the query.
    limit : int
        Posts.
    allowed : Allowed, optional
        Only these.
    power : float
        More than 1 makes less of a single word that is hardly near.
    """
    least = max(NEAR, NEARLY * max(words.values(), default=0.0))
    near = {word: score for word, score in words.items() if score >= least}
    tokens = {word: set(search_tokens(word)) for word in near}
    every = sorted(set().union(*tokens.values())) if tokens else []
    if not every:
        return
    hits = _hits(reader, every, limit, allowed)
    for id_, text, group in zip(hits.ids, hits.words, hits.groups, strict=True):
        post = set(text.split(" "))
        unlikely = 1.0
        for word, score in near.items():
            if tokens[word] and tokens[word] <= post:
                unlikely *= 1.0 - min(score, 0.95)
        if unlikely < 1.0:
            found.related[id_] = (1.0 - unlikely) ** power
            found.groups[id_] = group
            found.texts[id_] = text


def _forms(token: str, languages: Sequence[str]) -> set[str]:
    stems = {stem(token, language) for language in {*languages, "en"}}
    return {token, *(STEM + each for each in stems if each)}


def _hits(
    reader: FullTextReader,
    tokens: Sequence[str],
    limit: int,
    allowed: Allowed | None,
    *,
    phrase: bool = False,
) -> TextHits:
    search = reader.phrase if phrase else reader.search
    if allowed is None:
        return search(tokens, limit)
    if len(allowed.ids) <= _FEW:
        return search(tokens, limit, allowed=allowed.ids.to_pylist())
    hits = search(tokens, _WIDER * limit)
    return _rows(hits, np.flatnonzero(allowed.passes(hits.ids)).tolist()[:limit])


def _joined(first: TextHits, second: TextHits) -> TextHits:
    known = set(first.ids)
    rows = [i for i, id_ in enumerate(second.ids) if id_ not in known]
    second = _rows(second, rows)
    return TextHits(
        first.ids + second.ids,
        np.concatenate([first.scores, second.scores]),
        first.words + second.words,
        first.groups + second.groups,
    )


def _rows(hits: TextHits, rows: Sequence[int]) -> TextHits:
    return TextHits(
        [hits.ids[i] for i in rows],
        hits.scores[list(rows)],
        [hits.words[i] for i in rows],
        [hits.groups[i] for i in rows],
    )


def _add(
    found: WordsFound,
    share: float,
    tokens: Sequence[str],
    forms: Sequence[set[str]],
    hits: TextHits,
    phrase: Sequence[str],
) -> None:
    """Add what one term found."""
    posts = [set(words.split(" ")) for words in hits.words]
    has = np.array([[not form.isdisjoint(post) for form in forms] for post in posts], dtype=bool)
    if not len(posts):
        return
    exact = np.array([[token in post for token in tokens] for post in posts], dtype=bool)
    # A word that few of the candidates have says more; one that none has, most.
    rarity = np.log1p(len(posts) / (1.0 + has.sum(axis=0)))
    weight = rarity / rarity.sum()
    coverage = (has * 0.85 + exact * 0.15) @ weight
    line = f" {' '.join(phrase)} "
    for i, id_ in enumerate(hits.ids):
        found.coverage[id_] = found.coverage.get(id_, 0.0) + share * coverage[i]
        found.groups[id_] = hits.groups[i]
        found.texts[id_] = hits.words[i]
        if share <= 0:
            continue
        words = found.matched.setdefault(id_, [])
        words += [token for token, hit in zip(tokens, has[i], strict=True) if hit]
        if len(phrase) > 1 and line in f" {hits.words[i].partition(' ' + BREAK + ' ' + STEM)[0]} ":
            found.phrase[id_] = found.phrase.get(id_, 0.0) + share
