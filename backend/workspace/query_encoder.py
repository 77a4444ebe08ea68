"""Encode the terms of a query: texts, uploads, posts, users and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from backend.core.vectors import normalize
from backend.corpus.native import Native
from backend.domain import Content, Kind, KindredError, Modality
from backend.media import clean_text
from backend.search import Query, Searcher, Term, combine
from backend.search.hybrid.encoded import EncodedQuery, EncodedTerm
from backend.search.index.vectors import combine_apart
from backend.text.emotion_words import (
    feelings_in_english,
    named_emotion,
    named_feelings,
    without_feelings,
)
from backend.workspace.uploads import Uploads

STORED = (Kind.POST, Kind.USER, Kind.WORD)  # kinds whose terms name an item of the corpus


class QueryModels(Protocol):
    """What encodes the texts, images and sounds of queries."""

    def vector(self, content: Content, kind: Kind) -> np.ndarray:
        """Return the vector ``(dim,)`` of a content as one kind, of unit length."""

    def native(self, content: Content) -> Mapping[Native, np.ndarray]:
        """Return the vectors ``(dim,)`` of the encoders themselves."""

    def concepts(self, content: Content) -> tuple[str, ...]:
        """Return what is surely seen in an image."""


@dataclass(frozen=True, slots=True)
class QueryEncoder:
    """Encodes queries against one corpus.

    Attributes
    ----------
    searcher : Searcher
        Of the corpus, where posts, users and words are looked up.
    models : QueryModels
        For texts, uploads and words that the corpus does not have.
    uploads : Uploads
    """

    searcher: Searcher
    models: QueryModels
    uploads: Uploads

    def encode(self, query: Query) -> EncodedQuery:
        """Encode a query.

        Raises
        ------
        KindredError
            For a post, user or upload that does not exist or cannot be encoded.
        """
        terms = [self._resolve(term) for term in query.terms]
        encoded = [self._encoded(term) for term in terms]
        wanted = _wanted_text(terms)
        return EncodedQuery(
            tuple(
                self._with_author(each, term.value)
                for each, term in zip(encoded, terms, strict=True)
            ),
            tuple(term.value for term in terms if term.kind in STORED),
            named_emotion(wanted) or _emotion_beside(terms, wanted),
            self._aspects(wanted, encoded),
        )

    def encode_post(self, content: Content) -> np.ndarray:
        """Encode a post that is not in the corpus: ``(dim,)`` float32 of unit length."""
        vector = self.models.vector(content, Kind.POST)
        means = self.searcher.means([Kind.POST], len(vector))
        return combine(vector[None], [1.0], means=means)

    def place_post(self, content: Content) -> np.ndarray | None:
        """Place a post that is not in the corpus among its users: ``(dim,)`` of unit length.

        None where the corpus has no user space that reads it.
        """
        users = self.searcher.users()
        if users is None:
            return None
        return users.place(self.models.native(content))

    def _with_author(self, term: EncodedTerm, id_: str) -> EncodedTerm:
        """Return the term with its place in the user space of the corpus."""
        users = self.searcher.users()
        if users is None:
            return term
        if term.kind is Kind.USER:
            return replace(term, authored=users.vector(id_))
        return replace(term, authored=users.place(term.native))

    def _resolve(self, term: Term) -> Term:
        """Return the term, with a user given by id."""
        if term.kind is not Kind.USER:
            return term
        return replace(term, value=self.searcher.corpus.resolve_user(term.value).id)

    def _encoded(self, term: Term) -> EncodedTerm:
        if term.kind in (Kind.POST, Kind.USER):
            return self._stored(term)
        content = self._content(term)
        kind = Kind.TEXT if term.kind is Kind.WORD else term.kind
        words = term.value if kind is Kind.TEXT else ""
        if term.kind is Kind.WORD:
            _, vectors = self._vectors(Kind.WORD, term.value)
            if len(vectors):
                return EncodedTerm(term.kind, term.weight, vectors[0], {}, words)
        joint = self.models.vector(content, kind)
        seen = self.models.concepts(content) if kind is Kind.IMAGE else ()
        native = self.models.native(content)
        if kind is Kind.TEXT and named_feelings(words):
            native = self._also_in_english(native, words)
        return EncodedTerm(term.kind, term.weight, joint, native, words, seen)

    def _also_in_english(
        self, native: Mapping[Native, np.ndarray], words: str
    ) -> dict[Native, np.ndarray]:
        """Return the vectors of words halfway to those with their feelings in English.

        The text encoder knows names of feelings best in English, and many in no other language.
        """
        english = self.models.native(Content(text=feelings_in_english(words)))
        return {
            kind: normalize(native[kind] + english[kind]) for kind in native.keys() & english.keys()
        }

    def _aspects(self, wanted: str, terms: Sequence[EncodedTerm]) -> tuple[EncodedTerm, ...]:
        """Return the feelings that a query names, as a post says them, and the rest of it.

        The rest is what the query has beside the feelings: to encode it too would take half as
        long as all of the search, and finds no more.
        """
        feelings = named_feelings(wanted)
        if not feelings:
            return ()
        said = Content(text="I am so " + " and ".join(each.adjective for each in feelings))
        feeling = EncodedTerm(
            Kind.TEXT, 1.0, self.models.vector(said, Kind.TEXT), self.models.native(said)
        )
        rest = self._beside(feeling, terms) if clean_text(without_feelings(wanted)) else None
        return (feeling,) if rest is None else (feeling, rest)

    def _beside(self, feeling: EncodedTerm, terms: Sequence[EncodedTerm]) -> EncodedTerm | None:
        """Return the wanted texts of a query less a feeling; None where nothing is left."""
        wanted = [term for term in terms if term.words and term.weight > 0 and term.native]
        if not wanted:
            return None
        vectors = np.stack([term.native[Native.MEANING] for term in (*wanted, feeling)])
        mean = self.searcher.means([Native.MEANING], vectors.shape[1])[0]
        weights = [*(term.weight for term in wanted), -1.0]
        try:
            rest = combine_apart(vectors, weights, means=np.broadcast_to(mean, vectors.shape))
        except KindredError:  # the query says no more than the feeling
            return None
        # The vector of unit length that lies in this direction from the mean.
        along = float(mean @ rest)
        vector = mean + (np.sqrt(along**2 + 1.0 - mean @ mean) - along) * rest
        return EncodedTerm(Kind.TEXT, 1.0, feeling.joint, {Native.MEANING: vector})

    def _stored(self, term: Term) -> EncodedTerm:
        """Return a post or user of the corpus."""
        _, vectors = self._vectors(term.kind, term.value)
        if not len(vectors):
            message = f"The corpus has no {term.kind} {term.value!r}."
            raise KindredError(f"no_{term.kind}", message)
        native = {}
        for kind in Native if term.kind is Kind.POST else ():
            _, found = self._vectors(kind, term.value)
            if len(found):
                native[kind] = found[0]
        return EncodedTerm(term.kind, term.weight, vectors[0], native)

    def _vectors(self, kind: Kind | Native, id_: str) -> tuple[np.ndarray, np.ndarray]:
        return self.searcher.corpus.vectors(self.searcher.bundle, kind, [id_])

    def _content(self, term: Term) -> Content:
        """Return the content of a term of text or of an upload."""
        if term.kind in (Kind.TEXT, Kind.WORD):
            text = clean_text(term.value)
            if text is None:
                raise KindredError("empty", "A text term of the query is empty; type some text.")
            return Content(text=text)
        return self.uploads.get(term.value).only(Modality(term.kind.value))


def _wanted_text(terms: Sequence[Term]) -> str:
    return " ".join(t.value for t in terms if t.kind in (Kind.TEXT, Kind.WORD) and t.weight > 0)


def _emotion_beside(terms: Sequence[Term], wanted: str) -> str:
    """Return the emotion that the words beside a post or user name: "@anna + joy"."""
    if not any(term.kind in (Kind.POST, Kind.USER) and term.weight > 0 for term in terms):
        return ""
    emotions = {feeling.emotion for feeling in named_feelings(wanted)}
    return emotions.pop() if len(emotions) == 1 else ""
