"""What somebody asks with: contents to predict from, terms to search with."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backend.affect import AffectModel
from backend.bundles.embedder import Embedder, Features
from backend.corpus import Corpus
from backend.domain import Content, Kind, KindredError, Modality, Prediction
from backend.media import clean_text
from backend.search import Searcher, Term
from backend.workspace.uploads import Uploads

MEMORY = 64  # posts whose features are kept, for explaining and searching after analysing
MEMORY_BYTES = 128 * 2**20  # of their decoded media


class KnownFeatures:
    """The features of the contents seen last.

    A content is known by its text and by the very objects that hold its media:
    uploads are decoded once and shared.
    """

    def __init__(self, size: int = MEMORY) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, tuple[Content, Features]] = OrderedDict()

    def features(self, content: Content, embedder: Embedder) -> Features:
        """Features of one post, encoded when they are not known."""
        key = (content.text, id(content.image), id(content.audio), embedder.bundle.name)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][1]
        made = embedder.features([content])[0]
        with self._lock:
            # The content is kept too: an id says nothing once its object is gone.
            self._kept[key] = (content, made)
            while len(self._kept) > 1 and (
                len(self._kept) > self._size
                or sum(content.nbytes for content, _ in self._kept.values()) > MEMORY_BYTES
            ):
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


def predict(
    affect: AffectModel, contents: Sequence[Content], features: Sequence[Features]
) -> list[Prediction | KindredError]:
    """Predict every post that has features.

    Parameters
    ----------
    affect : AffectModel
    contents : sequence of Content
    features : sequence of Features
        Of the same posts.

    Returns
    -------
    list of Prediction or KindredError
        In the order of `contents`.
    """
    usable = [i for i, feature in enumerate(features) if feature.vectors]
    made = affect.predict([features[i] for i in usable], [contents[i].text for i in usable])
    answers: list[Prediction | KindredError] = [
        KindredError("not_encoded", " ".join(f.reasons.values()) or "Nothing to encode.")
        for f in features
    ]
    for i, prediction in zip(usable, made, strict=True):
        answers[i] = prediction
    return answers


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
