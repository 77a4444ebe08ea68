"""The part of a search that reads words: full-text search in the language of each post."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from backend.corpus.full_text import FullTextReader, TextHits
from backend.search.hybrid.encoded import EncodedTerm
from backend.text.compounds import query_parts
from backend.text.search_tokens import BREAK, PIECE, STEM, query_tokens, search_tokens, stem

RELATED = 8  # words of the corpus nearest to a query, which are looked for as well
NEAR, NEARLY = 0.25, 0.5  # least cosine of such a word, and its share of the best one
FAINT = 1.3  # power of what words near to a text say; chosen like the weights of all parts
SURELY = 2.0  # weight of a concept: its image has no other words
# How much of a word of the query a post has: as it is; inflected, or all parts of a compound; as a
# part of a compound. One part alone is another thing: a cheesecake is no apple cake.
_EXACT, _INFLECTED, _WITHIN = 1.0, 0.85, 0.5
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
        The words, as the query has them; of compounds, the parts or the whole that a post has.
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
    *,
    compounding: Sequence[str] = (),
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
    compounding : sequence of str
        The languages of the corpus whose compounds are looked for in parts.
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
        asked = [_Asked.of(token, languages, compounding) for token in tokens]
        every = sorted(set().union(*(word.every for word in asked)))
        hits = _hits(reader, every, limit, allowed)
        phrase = search_tokens(text) if term.words else []
        if len(phrase) > 1 and len(hits.ids) >= limit:  # the phrase may be further down
            hits = _joined(hits, _hits(reader, phrase, limit, allowed, phrase=True))
        share = term.weight / total * (1.0 if term.words else SURELY)
        _add(found, share, asked, hits, phrase)
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A word of a query, and what posts may have of it.

    Attributes
    ----------
    token : str
    forms : frozenset of str
        The word as it is and its stems.
    pieces : frozenset of str
        Its stems, as a part of a compound.
    parts : tuple of set of str
        What posts may have of each part, where the word is a compound.
    names : tuple of str
        These parts.
    """

    token: str
    forms: frozenset[str]
    pieces: frozenset[str] = frozenset()
    parts: tuple[set[str], ...] = ()
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, token: str, languages: Sequence[str], compounding: Sequence[str]) -> _Asked:
        """Return what is asked for with a token in a corpus of some languages."""
        forms = frozenset(_forms(token, languages))
        if not compounding:
            return cls(token, forms)
        names, language = query_parts(token, compounding)
        parts = tuple(_forms(each, [language]) | _pieces(each, [language]) for each in names)
        return cls(token, forms, _pieces(token, compounding), parts, names)

    @property
    def every(self) -> frozenset[str]:
        """All that a post may have of it."""
        return self.forms.union(self.pieces, *self.parts)

    def found_in(self, post: Collection[str]) -> tuple[float, tuple[str, ...]]:
        """Return how much of the word a post has, from 0 to 1, and what of it to mark."""
        if self.token in post:
            return _EXACT, (self.token,)
        if not self.forms.isdisjoint(post):
            return _INFLECTED, (self.token,)
        if self.parts and not any(part.isdisjoint(post) for part in self.parts):
            return _INFLECTED, self.names
        if not self.pieces.isdisjoint(post):
            wholes = sorted(word for word in post if self.token in word and word.isalpha())
            return _WITHIN, (self.token, *wholes)
        return 0.0, ()


def _forms(token: str, languages: Sequence[str]) -> set[str]:
    stems = {stem(token, language) for language in {*languages, "en"}}
    return {token, *(STEM + each for each in stems if each)}


def _pieces(token: str, languages: Sequence[str]) -> frozenset[str]:
    stems = {stem(token, language) for language in languages}
    return frozenset(PIECE + each for each in stems if each)


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
    asked: Sequence[_Asked],
    hits: TextHits,
    phrase: Sequence[str],
) -> None:
    """Add what one term found."""
    posts = [set(words.split(" ")) for words in hits.words]
    if not len(posts):
        return
    matches = [[word.found_in(post) for word in asked] for post in posts]
    had = np.array([[value for value, _ in row] for row in matches])
    # A word that few of the candidates have says more; one that none has, most.
    rarity = np.log1p(len(posts) / (1.0 + (had >= _INFLECTED).sum(axis=0)))
    coverage = had @ (rarity / rarity.sum())
    line = f" {' '.join(phrase)} "
    for i, id_ in enumerate(hits.ids):
        found.coverage[id_] = found.coverage.get(id_, 0.0) + share * coverage[i]
        found.groups[id_] = hits.groups[i]
        found.texts[id_] = hits.words[i]
        if share <= 0:
            continue
        words = found.matched.setdefault(id_, [])
        words += [each for _, names in matches[i] for each in names]
        if len(phrase) > 1 and line in f" {hits.words[i].partition(' ' + BREAK + ' ' + STEM)[0]} ":
            found.phrase[id_] = found.phrase.get(id_, 0.0) + share
