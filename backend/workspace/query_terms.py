"""What somebody asks with: contents to predict from, terms to search with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backend.bundles.embedder import Embedder
from backend.bundles.feature_memory import KnownFeatures
from backend.corpus import Corpus
from backend.domain import Content, Kind, KindredError, Modality
from backend.media import clean_text
from backend.search import Searcher, Term
from backend.workspace.uploads import Uploads


def means(searcher: Searcher, kinds: Sequence[Kind], dim: int) -> np.ndarray:
    """What search takes off the vectors of each of these kinds, ``(n, dim)`` float32."""
    nothing = np.zeros(dim, dtype=np.float32)
    indices = [searcher.index(kind) for kind in kinds]
    return np.stack([index.offset if len(index) else nothing for index in indices])


def resolved(terms: Sequence[Term], corpus: Corpus) -> list[Term]:
    """Terms with users by their id, however they were named."""
    return [
        replace(term, value=corpus.resolve_user(term.value).id) if term.kind is Kind.USER else term
        for term in terms
    ]


def term_vectors(
    terms: Sequence[Term],
    corpus: Corpus,
    embedder: Embedder,
    known: KnownFeatures,
    uploads: Uploads,
) -> np.ndarray:
    """Joint vectors of a query's terms.

    Parameters
    ----------
    terms : sequence of Term
        As `resolved` gives them.
    corpus : Corpus
        Where posts, users and words are looked up.
    embedder : Embedder
        For texts, uploads and words that the corpus does not have.
    known : KnownFeatures
    uploads : Uploads

    Returns
    -------
    numpy.ndarray
        ``(terms, dim)`` float32.

    Raises
    ------
    KindredError
        For a post, user or upload that is not there or cannot be encoded.
    """
    return np.stack([_vector(term, corpus, embedder, known, uploads) for term in terms])


def _vector(
    term: Term, corpus: Corpus, embedder: Embedder, known: KnownFeatures, uploads: Uploads
) -> np.ndarray:
    bundle = embedder.bundle.name
    if term.kind in (Kind.POST, Kind.USER, Kind.WORD):
        _, found = corpus.vectors(bundle, term.kind, [term.value])
        if len(found):
            return found[0]
        if term.kind is not Kind.WORD:
            raise KindredError(f"no_{term.kind}", f"There is no {term.kind} {term.value!r} here.")
    if term.kind in (Kind.TEXT, Kind.WORD):
        text = clean_text(term.value)
        if text is None:
            raise KindredError("empty", "A text term has nothing in it.")
        return embedder.joint([known.features(Content(text=text), embedder)])[0][Kind.TEXT]
    upload = uploads.get(term.value)
    wanted = Modality(term.kind.value)
    content = Content(image=upload.image, audio=upload.audio)
    if wanted not in content.modalities:
        raise KindredError("wrong_modality", f"The upload has no {wanted} in it.")
    features = known.features(content.only((wanted,)), embedder)
    if not features.vectors:
        raise KindredError("not_encoded", " ".join(features.reasons.values()))
    return embedder.joint([features])[0][term.kind]
