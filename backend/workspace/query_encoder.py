"""Encode a query of texts, uploads, posts, users and words as one query vector."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backend.domain import Content, Kind, KindredError, Modality
from backend.media import clean_text
from backend.search import Query, Searcher, Term, combine
from backend.workspace.loaded_models import LoadedModels
from backend.workspace.uploads import Uploads

STORED = (Kind.POST, Kind.USER, Kind.WORD)  # kinds whose terms name an item of the corpus


@dataclass(frozen=True, slots=True)
class QueryEncoder:
    """Encodes queries against one corpus.

    Attributes
    ----------
    searcher : Searcher
        Of the corpus, where posts, users and words are looked up.
    models : LoadedModels
        For texts, uploads and words that the corpus does not have.
    uploads : Uploads
    """

    searcher: Searcher
    models: LoadedModels
    uploads: Uploads

    def encode(self, query: Query) -> tuple[np.ndarray, list[str]]:
        """Encode a query.

        Returns
        -------
        vector : numpy.ndarray
            ``(dim,)`` float32 of unit length.
        exclude : list of str
            Items named in the query, which are left out of the hits.

        Raises
        ------
        KindredError
            For a post, user or upload that does not exist or cannot be encoded;
            ``empty_query`` when the terms cancel out.
        """
        terms = [self._resolve(term) for term in query.terms]
        vectors = np.stack([self._vector(term) for term in terms])
        means = self.searcher.means([term.kind for term in terms], self.models.embedder.space.dim)
        vector = combine(vectors, [term.weight for term in terms], means=means)
        return vector, [term.value for term in terms if term.kind in STORED]

    def encode_post(self, content: Content) -> np.ndarray:
        """Encode a post that is not in the corpus: ``(dim,)`` float32 of unit length."""
        joint = self.models.embed(content)
        means = self.searcher.means([Kind.POST], self.models.embedder.space.dim)
        return combine(joint[Kind.POST][None], [1.0], means=means)

    def _resolve(self, term: Term) -> Term:
        """Return the term, with a user given by id."""
        if term.kind is not Kind.USER:
            return term
        return replace(term, value=self.searcher.corpus.resolve_user(term.value).id)

    def _vector(self, term: Term) -> np.ndarray:
        if term.kind in STORED:
            bundle = self.models.bundle.name
            _, vectors = self.searcher.corpus.vectors(bundle, term.kind, [term.value])
            if len(vectors):
                return vectors[0]
            if term.kind is not Kind.WORD:
                message = f"The corpus has no {term.kind} {term.value!r}."
                raise KindredError(f"no_{term.kind}", message)
        content = self._content(term)
        features = self.models.features(content)
        if not features.vectors:
            raise KindredError("not_encoded", " ".join(features.reasons.values()))
        kind = Kind.TEXT if term.kind is Kind.WORD else term.kind
        return self.models.embedder.joint([features])[0][kind]

    def _content(self, term: Term) -> Content:
        """Return the content of a term of text or of an upload."""
        if term.kind in (Kind.TEXT, Kind.WORD):
            text = clean_text(term.value)
            if text is None:
                raise KindredError("empty", "A text term of the query is empty; type some text.")
            return Content(text=text)
        return self.uploads.get(term.value).only(Modality(term.kind.value))
