"""Search by words, meaning, look and the joint space at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from backend.corpus.native import Native
from backend.domain import Hit, Kind
from backend.search.filters import Filter
from backend.search.hybrid import dense, feedback, fusion
from backend.search.hybrid.alike import first_of_alike
from backend.search.hybrid.encoded import EncodedQuery
from backend.search.hybrid.full_text import open_full_text
from backend.search.hybrid.fusion import SearchPart
from backend.search.hybrid.languages import language_directions
from backend.search.hybrid.names import name_scores
from backend.search.hybrid.predicted import predicted, predicted_of_users
from backend.search.hybrid.words import (
    FAINT,
    RELATED,
    Allowed,
    WordsFound,
    find_related,
    find_words,
)
from backend.search.query import Query
from backend.search.ranking import SearchResult
from backend.search.searcher import Searcher
from backend.text.compounds import LINKS
from backend.text.emotion_words import emotion_of

CANDIDATES = 200  # of each part, at least
_PER_HIT = 3  # and so many for each hit that is wanted
_LANGUAGES = 8  # of a corpus whose stopwords and stems are asked about
_SHARE = 0.01  # of the posts of a corpus in a language whose compounds are divided
_OF_POSTS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.POST)
_OF_TEXTS = (Kind.TEXT, Kind.POST)
_MIN_EMOTION_PROBABILITY = 0.15  # of an emotion, under which a post is said to lack it
Rows = list[tuple[int, tuple[str, ...]]]  # of candidates, with the ids that are like each


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """Candidates of one kind, best first, with the columns that judged them."""

    ids: list[str]
    odds: np.ndarray
    columns: Mapping[SearchPart, np.ndarray]
    candidates: int
    estimated: bool


class HybridSearcher:
    """Searches one corpus by all parts. Safe to share between threads.

    Parameters
    ----------
    searcher : Searcher
        Of the vectors.
    """

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher

    def search(
        self,
        query: EncodedQuery,
        targets: Sequence[Kind],
        *,
        k: int = 10,
        filters: Filter | None = None,
        line: Query | None = None,
        distinct: bool = True,
    ) -> SearchResult:
        """Find the best of each target kind.

        Parameters
        ----------
        query : EncodedQuery
        targets : sequence of Kind
        k : int
            Hits for each kind.
        filters : Filter, optional
            See `Searcher.search`.
        line : Query, optional
            Only passed on to the result.
        distinct : bool
            Show one of posts that are nearly the same, with the others in `Hit.alike`.
        """
        allowed = self.searcher.passing(filters) if filters else None
        limit = max(CANDIDATES, _PER_HIT * k)
        words = self._words(query, targets, limit, allowed)
        hits: dict[Kind, list[Hit]] = {}
        counts: dict[Kind, int] = {}
        totals: dict[Kind, int] = {}
        estimated = set()
        for kind in dict.fromkeys(targets):
            among = allowed.get(kind) if allowed is not None else None
            ranked = self._rank(kind, query, words, limit, among)
            rows: Rows = [(row, ()) for row in range(min(k, len(ranked.ids)))]
            if distinct and kind in _OF_POSTS:
                rows = self._first_of_alike(kind, ranked.ids, query, words, k, among)
            hits[kind] = _hits(kind, ranked, query, words, rows)
            counts[kind] = ranked.candidates
            totals[kind] = len(self.searcher.index(kind))
            if ranked.estimated:
                estimated.add(kind)
        return SearchResult(hits, counts, totals, frozenset(estimated), line)

    def _words(
        self,
        query: EncodedQuery,
        targets: Sequence[Kind],
        limit: int,
        allowed: Mapping[Kind | Native, pa.Array] | None,
    ) -> WordsFound:
        searcher = self.searcher
        if not any(kind in _OF_POSTS for kind in targets):
            return WordsFound()
        reader = open_full_text(searcher.corpus, searcher.bundle)
        if reader is None:
            return WordsFound()
        among = None
        if allowed is not None:
            posts = allowed[Kind.POST]
            among = Allowed(posts, lambda ids: searcher.index(Kind.POST).passes(ids, posts))
        found = find_words(
            reader, query.terms, self.languages(), limit, among, compounding=self.compounding()
        )
        near = dense.part_of(searcher, Kind.WORD, query.terms)
        if near is not None:
            words = searcher.index(Kind.WORD).search(near.vector, RELATED)
            by_word = dict(zip(words.ids.tolist(), words.scores.tolist(), strict=True))
            # An image has no meaning but that of the words near to it.
            power = FAINT if any(term.words for term in query.terms) else 1.0
            find_related(reader, found, by_word, limit, among, power=power)
        return found

    def languages(self) -> tuple[str, ...]:
        """Return the most frequent languages of the corpus."""
        found = self.searcher.corpus.info().languages
        return tuple(code for code in found if code)[:_LANGUAGES]

    def compounding(self) -> tuple[str, ...]:
        """Return the languages of the corpus that write compounds in one word."""
        info = self.searcher.corpus.info()
        least = _SHARE * info.posts
        return tuple(code for code, n in info.languages.items() if code in LINKS and n >= least)

    def _rank(
        self,
        kind: Kind,
        query: EncodedQuery,
        words: WordsFound,
        limit: int,
        allowed: pa.Array | None,
    ) -> _Ranked:
        searcher = self.searcher
        own = dense.part_of(searcher, kind, query.terms)
        if own is None:
            return _Ranked([], np.empty(0), {}, 0, False)
        parts = {SearchPart.SPACE: own}
        meaning = dense.part_of(searcher, Native.MEANING, query.terms)
        if meaning is not None and kind in _OF_POSTS:
            parts[SearchPart.MEANING] = meaning
        found = {
            name: dense.find(part, limit, allowed=allowed, exclude=query.exclude, distinct=True)
            for name, part in parts.items()
        }
        names = name_scores(searcher.corpus, query.terms) if kind is Kind.USER else {}
        ids = dict.fromkeys(id_ for part in found.values() for id_ in part.ids)
        if kind in _OF_POSTS:
            ids |= dict.fromkeys(_with_words(words, query.exclude))
        ids |= dict.fromkeys(self._named(kind, names, query.exclude, allowed))
        order = list(ids)
        cosines = {name: dense.cosines(part, order) for name, part in parts.items()}
        # How far each is from chance, in spreads.
        columns = {n: part.share * (cosines[n] / part.spread) for n, part in parts.items()}
        columns |= _word_columns(order, words if kind in _OF_POSTS else None, names)
        has = ~np.isnan(columns[SearchPart.SPACE])  # a post without an image is no image
        felt = np.empty(0)
        if query.emotion and kind in _OF_POSTS:
            felt, positive = predicted(searcher.corpus, searcher.bundle, query.emotion, order)
            columns[SearchPart.MOOD] = fusion.mood(felt, positive, query.emotion)
        elif query.emotion and kind is Kind.USER:
            columns |= self._moods_of_users(query, order)
        if query.aspects and SearchPart.MEANING in parts:
            columns[SearchPart.ASPECTS] = self._lacking_aspects(query, order)
        if SearchPart.MEANING in parts:
            columns |= self._unwanted(query, order)
        if kind in _OF_TEXTS and SearchPart.MEANING in parts and _can_be_read_on(query):
            columns |= self._feedback(parts[SearchPart.MEANING], order, columns, has)
        odds = fusion.lift_copies(fusion.log_odds(columns), cosines[SearchPart.SPACE])
        said = odds  # what is shown sorts; equal ones come by what they had without a limit
        if len(felt):
            said = fusion.cap_partial_matches(odds, _is_partial_match(felt, order, words))
        ranking = np.lexsort((np.array(order, dtype=str), -odds, -said))
        rows = [int(i) for i in ranking if has[i]]
        return _Ranked(
            [order[i] for i in rows],
            said[rows],
            {name: column[rows] for name, column in columns.items()},
            found[SearchPart.SPACE].candidates,
            any(part.estimated for part in found.values()),
        )

    def _feedback(
        self,
        meaning: dense.DensePart,
        ids: Sequence[str],
        columns: Mapping[SearchPart, np.ndarray],
        has: np.ndarray,
    ) -> dict[SearchPart, np.ndarray]:
        """Return how near texts are to the first hits by the other parts, ``(n,)``."""
        unread = {**columns, SearchPart.FEEDBACK: np.zeros(len(ids))}
        odds = np.where(has, fusion.log_odds(unread), -np.inf)
        languages = language_directions(self.searcher, Native.MEANING)
        return {SearchPart.FEEDBACK: feedback.nearness(meaning, ids, odds, languages)}

    def _moods_of_users(
        self, query: EncodedQuery, ids: Sequence[str]
    ) -> dict[SearchPart, np.ndarray]:
        """Return how far users are from the emotion of "@anna + joy", ``(n,)``."""
        if not any(term.kind is Kind.USER and term.weight > 0 for term in query.terms):
            return {}
        corpus, bundle = self.searcher.corpus, self.searcher.bundle
        found = predicted_of_users(corpus, bundle, query.emotion, ids)
        return {} if found is None else {SearchPart.MOOD: fusion.mood_of_users(found[0])}

    def _unwanted(self, query: EncodedQuery, ids: Sequence[str]) -> dict[SearchPart, np.ndarray]:
        """Return how near posts are to what a query takes from something else, ``(n,)``."""
        total = sum(abs(term.weight) for term in query.terms)
        terms = [term for term in query.terms if term.weight < 0 and Native.MEANING in term.native]
        if not terms or all(term.weight < 0 for term in query.terms):
            return {}
        near = []
        for term in terms:
            part = dense.part_of(self.searcher, Native.MEANING, [replace(term, weight=1.0)])
            near.append(
                np.zeros(len(ids)) if part is None else dense.cosines(part, ids) / part.spread
            )
        weights = np.array([term.weight for term in terms]) / total
        return {SearchPart.UNWANTED: fusion.unwanted(np.array(near), weights)}

    def _named(
        self,
        kind: Kind,
        names: Mapping[str, float],
        gone: Collection[str],
        allowed: pa.Array | None,
    ) -> list[str]:
        """Return the ids with a name of the query that may be hits."""
        named = [id_ for id_ in names if id_ not in gone]
        if allowed is None or not named:
            return named
        passes = self.searcher.index(kind).passes(named, allowed)
        return [id_ for id_, ok in zip(named, passes, strict=True) if ok]

    def _lacking_aspects(self, query: EncodedQuery, ids: Sequence[str]) -> np.ndarray:
        """Return how far posts are from having all aspects of a query, ``(n,)``."""
        parts = [dense.part_of(self.searcher, Native.MEANING, [one]) for one in query.aspects]
        near = [dense.cosines(part, ids) / part.spread for part in parts if part is not None]
        return fusion.aspects(np.reshape(near, (-1, len(ids))))

    def _first_of_alike(
        self,
        kind: Kind,
        ids: Sequence[str],
        query: EncodedQuery,
        words: WordsFound,
        k: int,
        allowed: pa.Array | None,
    ) -> Rows:
        """Return the rows of the best of posts that are nearly the same, until there are `k`."""
        index, head = self.searcher.index(kind), list(ids[: 4 * k + 50])
        codes = index.groups_of([*head, *query.exclude]).tolist()
        # Two posts may say the same with other pictures.
        texts = words.texts if kind in (Kind.TEXT, Kind.POST) else {}
        rows = first_of_alike(head, codes[: len(head)], texts, k, set(codes[len(head) :]))
        same = index.duplicates_of([head[row] for row, _ in rows])
        copies = list(dict.fromkeys(id_ for some in same.values() for id_ in some))
        shown = set(copies)
        if allowed is not None and copies:
            passes = index.passes(copies, allowed)
            shown = {id_ for id_, ok in zip(copies, passes, strict=True) if ok}
        return [
            (
                row,
                tuple(dict.fromkeys([*near, *(i for i in same.get(head[row], ()) if i in shown)])),
            )
            for row, near in rows
        ]


def _with_words(words: WordsFound, gone: Collection[str]) -> list[str]:
    return [id_ for id_ in {**words.coverage, **words.related} if id_ not in gone]


def _can_be_read_on(query: EncodedQuery) -> bool:
    """Whether the first hits say more of what is wanted.

    Where a query names an emotion, they often have half of what it asks for.
    """
    has_words = all(term.words for term in query.terms)
    return has_words and any(term.weight > 0 for term in query.terms) and not query.emotion


def _is_partial_match(felt: np.ndarray, ids: Sequence[str], words: WordsFound) -> np.ndarray:
    """Whether each post lacks the emotion that a query names, or its topic; ``(n,)`` bool.

    It lacks the topic if the only words of the query that it has are those of the emotion.
    """
    matched = [words.matched.get(id_, ()) for id_ in ids]
    lacks_topic = [bool(some) and all(map(emotion_of, some)) for some in matched]
    return (felt < _MIN_EMOTION_PROBABILITY) | np.array(lacks_topic, dtype=bool)


def _hits(
    kind: Kind, ranked: _Ranked, query: EncodedQuery, words: WordsFound, rows: Rows
) -> list[Hit]:
    adds = fusion.contributions(ranked.columns)
    kinds = {term.kind for term in query.terms}
    hits = []
    for rank, (row, alike) in enumerate(rows, start=1):
        id_, odds = ranked.ids[row], float(ranked.odds[row])
        strength = {part: float(values[row]) for part, values in adds.items()}
        below = max(0, ranked.candidates - rank)
        hits.append(
            Hit(
                id_,
                kind,
                rank,
                float(1 / (1 + np.exp(-odds))),
                100.0 * below / max(1, ranked.candidates),
                relevance=fusion.relevance(odds),
                parts=fusion.reasons(strength, kind, kinds),
                matched=tuple(dict.fromkeys(words.matched.get(id_, ()))),
                alike=alike,
            )
        )
    return hits


def _word_columns(
    ids: Sequence[str], words: WordsFound | None, names: Mapping[str, float]
) -> dict[SearchPart, np.ndarray]:
    """Return what words say of candidates, ``(n,)`` each: of posts those found, of users names."""
    values: dict[SearchPart, Mapping[str, float]] = {}
    if words is not None:
        values = {
            SearchPart.WORDS: words.coverage,
            SearchPart.RELATED: words.related,
            SearchPart.PHRASE: words.phrase,
        }
    if names:
        values[SearchPart.WORDS] = names
    return {part: np.array([of.get(id_, 0.0) for id_ in ids]) for part, of in values.items()}
