"""Neighbours of words, images and sounds in the word spaces of a workspace, and arithmetic."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np

from backend.core.lru import LRU
from backend.core.progress import Progress
from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Modality
from backend.search import Query, SearchResult, Term, VectorIndex, combine, parse
from backend.search.ranking import ranked
from backend.settings import SHIPPED_CORPUS
from backend.word_spaces.space import Space, WordSpace
from backend.workspace.context import WorkspaceContext

JOINT = "joint"
ADAPTED = "encoder+metadata"
_CACHED = 4  # corpora whose word spaces are cached
_KINDS = (Kind.WORD, Kind.IMAGE, Kind.AUDIO)
_TITLES = {
    "metadata": (
        "Metadata only",
        "Learnt from the words of this corpus alone. Images and sounds are mapped to the words "
        "of their posts.",
    ),
    "clean+metadata": (
        "Clean text + metadata",
        "Starts from GloVe, learnt from Wikipedia and news, and continues with the words of this "
        "corpus. Images and sounds are mapped to the words of their posts.",
    ),
    ADAPTED: (
        "Encoder + this corpus",
        "Starts from the text encoder, which knows many languages, and moves each word towards the "
        "posts that have it. For a corpus that is too small to learn words from.",
    ),
    JOINT: (
        "Joint space",
        "The space of the active bundle, shared by posts, users and words of any language.",
    ),
}


class Words:
    """The word spaces of every corpus of a workspace."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._cached: LRU[tuple, _CachedSpaces] = LRU(_CACHED)

    def spaces(self, corpus: str | None = None) -> list[Space]:
        """List the spaces of a corpus; the joint space always exists."""
        opened = self._open(corpus)
        spaces = [
            Space(name, *_TITLES[name], len(space.words), (Kind.WORD, *space.maps))
            for name, space in opened.spaces.items()
        ]
        words = len(self._context.searcher(corpus).index(Kind.WORD))
        return [*spaces, Space(JOINT, *_TITLES[JOINT], words, _KINDS)]

    def unavailable(self, corpus: str | None = None) -> KindredError | None:
        """Explain why a corpus has only the joint space; None when it has the others too."""
        opened = self._open(corpus)
        return None if opened.spaces else _no_spaces(opened.corpus.name)

    def frequent(self, n: int, corpus: str | None = None) -> Sequence[str]:
        """Return the words that most posts have, at most `n`; none where only the joint space is.

        Parameters
        ----------
        n : int
        corpus : str, optional
        """
        opened = self._open(corpus)
        return next((opened.own_words(space)[:n] for space in opened.spaces), ())

    def neighbours(
        self,
        terms: Query | str,
        kinds: Sequence[Kind] = _KINDS,
        k: int = 10,
        space: str = "clean+metadata",
        corpus: str | None = None,
    ) -> SearchResult:
        """Find the nearest neighbours of a weighted sum of words, images and sounds.

        Parameters
        ----------
        terms : Query or str
            ``king - queen + woman``; ``post:oca-000123`` is the image (or else the
            sound) of a post, ``image:KEY`` an upload.
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
            Ranked within each kind, without the words of the query.

        Raises
        ------
        KindredError
            ``no_word`` for an unknown word, with words of similar spelling;
            ``no_space``, ``no_words``, ``wrong_term``.
        """
        query = parse(terms) if isinstance(terms, str) else terms
        if space == JOINT:
            return self._joint(query, kinds, k, corpus)
        opened = self._open(corpus)
        if not opened.spaces:
            raise _no_spaces(opened.corpus.name)
        if space not in opened.spaces:
            known = ", ".join((*opened.spaces, JOINT))
            raise KindredError("no_space", f"There is no space {space!r}; choose from {known}.")
        vectors = np.stack([self._vector(corpus, opened, space, term) for term in query.terms])
        vector = combine(vectors, [term.weight for term in query.terms])
        words, posts = _query_ids(query)
        # Neighbours of an image are words of the corpus, not all words of Wikipedia.
        plain = all(term.kind in (Kind.WORD, Kind.TEXT) for term in query.terms)
        allowed = None if plain else opened.own_words(space)
        found = {
            kind: opened.index(space, kind).search(
                vector,
                k,
                allowed=allowed if kind is Kind.WORD else None,
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
        """Find words of a space that begin with a text, most frequent in the corpus first."""
        opened = self._open(corpus)
        prefix = text.strip().lower()
        if space in opened.spaces:
            words: Sequence[str] = opened.spaces[space].words
        else:
            ids, _ = opened.corpus.vectors(opened.bundle, Kind.WORD)
            words = ids.tolist()
        matches = []
        for word in words:
            if word.startswith(prefix):
                matches.append(word)
                if len(matches) == limit:
                    break
        return matches

    def make(self, corpus: str | None = None, *, progress: Progress | None = None) -> list[Space]:
        """Learn the word spaces of a corpus and store them with it; too slow for pages."""
        from backend.word_spaces import build

        opened, bundle = self._context.corpus(corpus), self._context.bundle_of(corpus)
        spaces = build.make(opened.snapshot(), bundle, progress=progress)
        build.put(opened, bundle, spaces)
        return self.spaces(corpus)

    def _joint(
        self, query: Query, kinds: Sequence[Kind], k: int, corpus: str | None
    ) -> SearchResult:
        """Search the joint space, where a text is looked up as a word."""
        terms = tuple(
            Term(Kind.WORD, t.value.strip().lower(), t.weight) if t.kind is Kind.TEXT else t
            for t in query.terms
        )
        query = Query(terms)
        stored = self._stored(terms, corpus)
        if stored is None:
            return self._context.search(query, list(kinds), k, None, corpus)
        searcher = self._context.searcher(corpus)
        means = np.stack([searcher.index(term.kind).offset for term in terms])
        vector = combine(stored, [term.weight for term in terms], means=means)
        exclude = [term.value for term in terms]
        return searcher.search(vector, list(kinds), k=k, exclude=exclude, query=query)

    def _stored(self, terms: Sequence[Term], corpus: str | None) -> np.ndarray | None:
        """Return stored vectors of all terms, which need no model; None when one has none."""
        opened, stored = self._context.corpus(corpus).snapshot(), []
        for term in terms:
            if term.kind not in (Kind.WORD, Kind.POST):
                return None
            _, vectors = opened.vectors(self._context.bundle_of(corpus), term.kind, [term.value])
            if not len(vectors):
                return None
            stored.append(vectors[0])
        return np.stack(stored)

    def _vector(
        self, corpus: str | None, opened: _CachedSpaces, space: str, term: Term
    ) -> np.ndarray:
        words = opened.spaces[space]
        if term.kind in (Kind.WORD, Kind.TEXT):
            return self._words_vector(opened, space, term.value)
        if term.kind is Kind.USER:
            raise KindredError("wrong_term", "This space has no users; choose the joint space.")
        kind, vector = self._media_vector(corpus, opened, term)
        if kind not in words.maps:
            raise KindredError("wrong_term", f"The space {space} has no {kind}s in it.")
        # Otherwise what all mapped images have in common would dominate every query.
        return words.mapped(kind, vector[None])[0] - opened.index(space, kind).offset

    def _words_vector(self, opened: _CachedSpaces, space: str, text: str) -> np.ndarray:
        """Return the vector of a word, or the mean of several words."""
        rows = opened.rows(space)
        phrase = text.strip().lower()
        parts = [phrase] if phrase in rows else phrase.split()
        missing = [part for part in parts if part not in rows]
        if missing or not parts:
            similar = difflib.get_close_matches(
                (missing or [phrase])[0], opened.own_words(space), n=3, cutoff=0.75
            )
            hint = f" Did you mean {', '.join(similar)}?" if similar else ""
            raise KindredError(
                "no_word",
                f"The space {space!r} has no word {(missing or [phrase])[0]!r}.{hint} The joint "
                "space takes any text.",
            )
        vectors = opened.spaces[space].vectors
        return np.asarray(vectors[[rows[part] for part in parts]].mean(axis=0))

    def _media_vector(
        self, corpus: str | None, opened: _CachedSpaces, term: Term
    ) -> tuple[Kind, np.ndarray]:
        """Return the joint vector of an upload, or of the image or sound of a post."""
        if term.kind is Kind.POST:
            for kind in (Kind.IMAGE, Kind.AUDIO):
                _, vectors = opened.corpus.vectors(opened.bundle, kind, [term.value])
                if len(vectors):
                    return kind, vectors[0]
            opened.corpus.post(term.value)
            message = f"The post {term.value} has no image and no sound with a vector."
            raise KindredError("wrong_term", message)
        content = self._context.uploads.get(term.value).only(Modality(term.kind.value))
        return term.kind, self._context.models_of(corpus).vector(content, term.kind)

    def _open(self, corpus: str | None) -> _CachedSpaces:
        """Return the spaces of a corpus."""
        opened = self._context.corpus(corpus).snapshot()
        bundle = self._context.bundle_of(corpus)
        key = (opened.uri, opened.version, bundle)

        def read() -> _CachedSpaces:
            from backend.word_spaces import build

            return _CachedSpaces(opened, bundle, build.get(opened, bundle))

        return self._cached.get_or_make(key, read)


class _CachedSpaces:
    """The spaces of one corpus, with indices that are built when they are first needed."""

    def __init__(self, corpus: Corpus, bundle: str, spaces: dict[str, WordSpace]) -> None:
        self.corpus = corpus
        self.spaces = spaces
        self.bundle = bundle
        self._indices: LRU[tuple[str, Kind], VectorIndex] = LRU()
        self._rows: LRU[str, dict[str, int]] = LRU()

    def rows(self, space: str) -> dict[str, int]:
        """Return the row of each word."""
        words = self.spaces[space].words
        return self._rows.get_or_make(space, lambda: {w: i for i, w in enumerate(words)})

    def own_words(self, space: str) -> Sequence[str]:
        """Return the words that occur in the corpus."""
        words = self.spaces[space]
        return words.words[: int((words.counts > 0).sum())]

    def index(self, space: str, kind: Kind) -> VectorIndex:
        """Return the index of one kind in one space."""
        words = self.spaces[space]
        return self._indices.get_or_make((space, kind), lambda: self._build(words, kind))

    def _build(self, words: WordSpace, kind: Kind) -> VectorIndex:
        if kind is Kind.WORD:
            # With the clean words that do not occur in the corpus. Exact, because building
            # lists would take a minute of the first visitor's time.
            return VectorIndex(words.words, words.vectors, exact_limit=500_000)
        ids, vectors = self.corpus.vectors(self.bundle, kind)
        table = self.corpus.table(["id", "group"]).to_pandas().set_index("id")["group"]
        groups = table.reindex(ids)
        groups = groups.fillna(groups.index.to_series())
        # Centred: what all mapped images have in common is noise of the map.
        return VectorIndex(ids, words.mapped(kind, vectors), groups=groups.to_numpy(), centre=True)


def _query_ids(query: Query) -> tuple[list[str], list[str]]:
    """Return the words and posts of a query, which must not be its hits."""
    words = [
        part
        for term in query.terms
        if term.kind in (Kind.WORD, Kind.TEXT)
        for part in (term.value.strip().lower(), *term.value.lower().split())
    ]
    return words, [term.value for term in query.terms if term.kind is Kind.POST]


def _no_spaces(corpus: str) -> KindredError:
    option = "" if corpus == SHIPPED_CORPUS else f" --corpus {corpus}"
    return KindredError(
        "no_words",
        f"The corpus {corpus} has no word spaces of its own under this bundle yet. "
        f"Build them with `python -m backend map{option}`.",
    )
