"""The part of the facade for words: neighbours of words, images and sounds, and arithmetic."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Sequence

import numpy as np

from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Modality
from backend.search import Query, SearchResult, Term, VectorIndex, combine, parse
from backend.search.ranking import ranked
from backend.settings import SHIPPED_CORPUS
from backend.word_spaces.space import Space, WordSpace
from backend.workspace.context import WorkspaceContext

JOINT = "joint"
_KEPT = 4
_KINDS = (Kind.WORD, Kind.IMAGE, Kind.AUDIO)
_TITLES = {
    "metadata": (
        "Metadata only",
        "Learnt from the words of this corpus alone; images and sounds are mapped to where the "
        "words of their posts are.",
    ),
    "clean+metadata": (
        "Clean text + metadata",
        "Begins with GloVe, learnt from Wikipedia and news, and goes on with the words of this "
        "corpus; images and sounds are mapped to where the words of their posts are.",
    ),
    JOINT: (
        "Joint space",
        "The space of the active bundle, where posts, users and words of any language meet.",
    ),
}


class Words:
    """The word spaces of every corpus of a workspace.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host
        self._opened: LRU[tuple, _Opened] = LRU(_KEPT)

    def spaces(self, corpus: str | None = None) -> list[Space]:
        """The spaces that a corpus has; the joint one is always there."""
        opened = self._open(corpus)
        found = [
            Space(name, *_TITLES[name], len(space.words), (Kind.WORD, *space.maps))
            for name, space in opened.spaces.items()
        ]
        words = len(self._host._searcher(corpus).index(Kind.WORD))
        return [*found, Space(JOINT, *_TITLES[JOINT], words, _KINDS)]

    def lacking(self, corpus: str | None = None) -> KindredError | None:
        """Why a corpus has none but the joint space; None where it has the others, too."""
        opened = self._open(corpus)
        return None if opened.spaces else _none(opened.corpus.name)

    def neighbours(
        self,
        terms: Query | str,
        kinds: Sequence[Kind] = _KINDS,
        k: int = 10,
        space: str = "clean+metadata",
        corpus: str | None = None,
    ) -> SearchResult:
        """What is nearest to signed, weighted words, images and sounds.

        Parameters
        ----------
        terms : Query or str
            ``king - queen + woman``; ``post:oca-000123`` stands for the image
            (or else the sound) of a post, ``image:KEY`` for an upload.
        kinds : sequence of Kind
            Of word, image and audio.
        k : int
            Hits of each kind.
        space : str
            The name of one of `spaces`.
        corpus : str, optional

        Returns
        -------
        SearchResult
            Ranked within each kind. Words that were asked for are no hits.

        Raises
        ------
        KindredError
            ``no_word`` for a word that the space does not have, with ones that
            are spelt alike; ``no_space``, ``no_words``, ``wrong_term``.
        """
        query = parse(terms) if isinstance(terms, str) else terms
        if space == JOINT:
            return self._joint(query, kinds, k, corpus)
        opened = self._open(corpus)
        if not opened.spaces:
            raise _none(opened.corpus.name)
        if space not in opened.spaces:
            known = ", ".join((*opened.spaces, JOINT))
            raise KindredError("no_space", f"There is no space {space!r}; there are {known}.")
        vectors = np.stack([self._vector(opened, space, term) for term in query.terms])
        vector = combine(vectors, [term.weight for term in query.terms])
        words, posts = _asked(query)
        # To an image answer words that were seen with images, not all of Wikipedia's.
        plain = all(term.kind in (Kind.WORD, Kind.TEXT) for term in query.terms)
        own = None if plain else opened.own_words(space)
        found = {
            kind: opened.index(space, kind).search(
                vector,
                k,
                allowed=own if kind is Kind.WORD else None,
                exclude=words if kind is Kind.WORD else posts,
                distinct=True,
            )
            for kind in dict.fromkeys(kinds)
            if kind is Kind.WORD or kind in opened.spaces[space].maps
        }
        return ranked(found, {kind: len(opened.index(space, kind)) for kind in found}, query)

    def find(
        self, text: str, limit: int = 10, space: str = "clean+metadata", corpus: str | None = None
    ) -> list[str]:
        """Words of a space that begin with a text, the corpus's most frequent first."""
        opened = self._open(corpus)
        start = text.strip().lower()
        if space in opened.spaces:
            words: Sequence[str] = opened.spaces[space].words
        else:
            ids, _ = opened.corpus.vectors(self._host.bundle.name, Kind.WORD)
            words = ids.tolist()
        found = []
        for word in words:
            if word.startswith(start):
                found.append(word)
                if len(found) == limit:
                    break
        return found

    def make(
        self, corpus: str | None = None, *, progress: Callable[[int, int], None] | None = None
    ) -> list[Space]:
        """Learn the word spaces of a corpus and keep them with it; not for pages."""
        from backend.word_spaces import build

        opened, bundle = self._host.corpus(corpus), self._host.bundle.name
        build.put(opened, bundle, build.make(opened, bundle, progress=progress))
        return self.spaces(corpus)

    def _joint(
        self, query: Query, kinds: Sequence[Kind], k: int, corpus: str | None
    ) -> SearchResult:
        """In the joint space a text of one word is that word."""
        terms = tuple(
            Term(Kind.WORD, t.value.strip().lower(), t.weight) if t.kind is Kind.TEXT else t
            for t in query.terms
        )
        query = Query(terms)
        stored = self._stored(terms, corpus)
        if stored is None:
            return self._host.search(query, list(kinds), k, None, corpus)
        searcher = self._host._searcher(corpus)
        means = np.stack([searcher.index(term.kind).offset for term in terms])
        vector = combine(stored, [term.weight for term in terms], means=means)
        asked = [term.value for term in terms]
        return searcher.search(vector, list(kinds), k=k, exclude=asked, query=query)

    def _stored(self, terms: Sequence[Term], corpus: str | None) -> np.ndarray | None:
        """Vectors that the corpus has, so that no model need be loaded; None when one is not."""
        opened, found = self._host.corpus(corpus), []
        for term in terms:
            if term.kind not in (Kind.WORD, Kind.POST):
                return None
            _, vectors = opened.vectors(self._host.bundle.name, term.kind, [term.value])
            if not len(vectors):
                return None
            found.append(vectors[0])
        return np.stack(found)

    def _vector(self, opened: _Opened, space: str, term: Term) -> np.ndarray:
        words = opened.spaces[space]
        if term.kind in (Kind.WORD, Kind.TEXT):
            return self._words_vector(opened, space, term.value)
        if term.kind is Kind.USER:
            raise KindredError(
                "wrong_term", "Users are in the joint space, not among these words; choose it."
            )
        kind, vector = self._media_vector(opened, term)
        if kind not in words.maps:
            raise KindredError("wrong_term", f"The space {space} has no {kind}s in it.")
        # What all mapped images share would otherwise answer every question.
        return words.mapped(kind, vector[None])[0] - opened.index(space, kind).offset

    def _words_vector(self, opened: _Opened, space: str, text: str) -> np.ndarray:
        """A word, or the mean of several."""
        places = opened.places(space)
        whole = text.strip().lower()
        parts = [whole] if whole in places else whole.split()
        missing = [part for part in parts if part not in places]
        if missing or not parts:
            near = difflib.get_close_matches(
                (missing or [whole])[0], opened.own_words(space), n=3, cutoff=0.75
            )
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise KindredError(
                "no_word",
                f"The space {space!r} has no word {(missing or [whole])[0]!r}.{hint} The joint "
                "space takes any text.",
            )
        vectors = opened.spaces[space].vectors
        return np.asarray(vectors[[places[part] for part in parts]].mean(axis=0))

    def _media_vector(self, opened: _Opened, term: Term) -> tuple[Kind, np.ndarray]:
        """The joint vector of an upload, or of the image or sound of a post."""
        bundle = self._host.bundle.name
        if term.kind is Kind.POST:
            for kind in (Kind.IMAGE, Kind.AUDIO):
                _, found = opened.corpus.vectors(bundle, kind, [term.value])
                if len(found):
                    return kind, found[0]
            opened.corpus.post(term.value)
            raise KindredError(
                "wrong_term", f"The post {term.value} has no image and no sound with a vector."
            )
        upload = self._host.uploads.get(term.value)
        modality = Modality(term.kind.value)
        content = _only(upload, modality)
        placed = self._host.embedder.joint(self._host.embedder.features([content]))[0]
        if term.kind not in placed:
            raise KindredError("wrong_modality", f"The upload has no {modality} in it.")
        return term.kind, placed[term.kind]

    def _open(self, corpus: str | None) -> _Opened:
        opened, bundle = self._host.corpus(corpus), self._host.bundle.name
        key = (opened.uri, opened.version, bundle)

        def read() -> _Opened:
            from backend.word_spaces import build

            return _Opened(opened, bundle, build.get(opened, bundle))

        return self._opened.get_or_make(key, read)


class _Opened:
    """The spaces of one corpus with their indices, made when first asked for."""

    def __init__(self, corpus: Corpus, bundle: str, spaces: dict[str, WordSpace]) -> None:
        self.corpus = corpus
        self.spaces = spaces
        self._bundle = bundle
        self._lock = threading.Lock()
        self._indices: dict[tuple[str, Kind], VectorIndex] = {}
        self._places: dict[str, dict[str, int]] = {}

    def places(self, space: str) -> dict[str, int]:
        """Where each word is."""
        if space not in self._places:
            self._places[space] = {w: i for i, w in enumerate(self.spaces[space].words)}
        return self._places[space]

    def own_words(self, space: str) -> Sequence[str]:
        """The words that the corpus has."""
        words = self.spaces[space]
        return words.words[: int((words.counts > 0).sum())]

    def index(self, space: str, kind: Kind) -> VectorIndex:
        """All of one kind in one space."""
        with self._lock:
            if (space, kind) not in self._indices:
                self._indices[space, kind] = self._build(self.spaces[space], kind)
            return self._indices[space, kind]

    def _build(self, words: WordSpace, kind: Kind) -> VectorIndex:
        if kind is Kind.WORD:
            # Clean words that the corpus does not have answer questions too.
            # Exact: to link so many words into a graph would take the first visitor a minute.
            return VectorIndex(words.words, words.vectors, exact_limit=500_000)
        ids, vectors = self.corpus.vectors(self._bundle, kind)
        table = self.corpus.table(["id", "group"]).to_pandas().set_index("id")["group"]
        groups = table.reindex(ids)
        groups = groups.fillna(groups.index.to_series())
        # What all mapped images have in common is what the map could not tell.
        return VectorIndex(ids, words.mapped(kind, vectors), groups=groups.to_numpy(), centre=True)


def _asked(query: Query) -> tuple[list[str], list[str]]:
    """Words and posts of a query, which are no answers to it."""
    words = [
        part
        for term in query.terms
        if term.kind in (Kind.WORD, Kind.TEXT)
        for part in (term.value.strip().lower(), *term.value.lower().split())
    ]
    return words, [term.value for term in query.terms if term.kind is Kind.POST]


def _only(upload, modality: Modality):  # type: ignore[no-untyped-def]
    from backend.domain import Content

    content = Content(image=upload.image, audio=upload.audio)
    if modality not in content.modalities:
        raise KindredError("wrong_modality", f"The upload has no {modality} in it.")
    return content.only((modality,))


def _none(corpus: str) -> KindredError:
    named = "" if corpus == SHIPPED_CORPUS else f" --corpus {corpus}"
    return KindredError(
        "no_words",
        f"The corpus {corpus} has no word spaces of its own under this bundle yet. "
        f"Make them once with `python -m backend map{named}`.",
    )
