"""Encode the posts of a corpus anew, with the bundle that is active now.

Posts are encoded in parts, each of which is committed as a whole: a run that was killed goes on
where it stopped. Until all are done, the corpus is shown and searched by its earlier vectors.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backend.core.progress import Steps, Tally, unheard
from backend.corpus import Corpus
from backend.corpus.bulk_commit import commit_vectors
from backend.corpus.encodings import mark_complete
from backend.corpus.native import Native
from backend.corpus.tables import chunks
from backend.domain import Content, Kind, KindredError, Modality, Post
from backend.ingest import vocabulary
from backend.ingest.encode import encode_posts
from backend.ingest.encoded_post import EncodedPost
from backend.media import read_media
from backend.workspace.context import WorkspaceContext
from backend.workspace.import_models import BundleModels

PART = 64  # posts, or words
SAMPLE = 16  # posts encoded for an estimate


@dataclass(frozen=True, slots=True)
class ReindexCounts:
    """What encoding a corpus gave.

    Attributes
    ----------
    bundle : str
    posts : int
        Encoded now.
    unchanged : int
        Encoded before.
    lost : int
        Posts without a usable text, image or sound; they stay without a vector.
    """

    bundle: str
    posts: int = 0
    unchanged: int = 0
    lost: int = 0


def reindex(
    context: WorkspaceContext,
    corpus: Corpus,
    steps: Steps = unheard,
    stop: Callable[[], bool] = lambda: False,
) -> ReindexCounts:
    """Encode what the active bundle has not encoded yet.

    Parameters
    ----------
    context : WorkspaceContext
    corpus : Corpus
    steps : callable
        Called with ``posts``, then with ``words``; returns what takes those done and all of them.
    stop : callable
        Called between parts; true ends it early, and what was encoded stays.

    Raises
    ------
    KindredError
        As `Corpus.add`; what was encoded before stays.
    """
    models = BundleModels(context)
    loaded = context.models
    ids = corpus.missing(models.bundle)
    unchanged = corpus.info().posts - len(ids)
    done = lost = 0
    count = Tally(len(ids), steps("posts"))
    for part in chunks(ids, PART):
        if stop():
            return ReindexCounts(models.bundle, done - lost, unchanged, lost)
        posts = list(corpus.posts(part).values())
        # What was read in images and sounds before is not read again.
        known = corpus.readings([post.id for post in posts])
        contents = [_content(corpus, post) for post in posts]
        usable = [(p, c) for p, c in zip(posts, contents, strict=True) if c.modalities]
        encoded: list[EncodedPost] = []
        if usable:
            texts = [content for _, content in usable]
            readings = [known.get(post.id, {}) for post, _ in usable]
            features = loaded.embedder.features(texts, readings=readings)
            encoded = encode_posts(loaded.embedder, loaded.affect, texts, features)
        made = [(p, e) for (p, _), e in zip(usable, encoded, strict=True) if e.vectors]
        lost += len(posts) - len(made)
        if made:
            vectors, affects = _outputs(made)
            commit_vectors(corpus, models.bundle, vectors, affects)
        done += len(part)
        count(len(part))
    _finish(corpus, models, steps)
    return ReindexCounts(models.bundle, done - lost, unchanged, lost)


def seconds(context: WorkspaceContext, corpus: Corpus) -> float:
    """Estimate how long `reindex` takes, by encoding some posts."""
    loaded = context.models
    ids = corpus.missing(loaded.bundle.name)
    step = max(1, len(ids) // SAMPLE)
    posts = list(corpus.posts(ids[::step][:SAMPLE]).values())
    contents = [c for c in (_content(corpus, post) for post in posts) if c.modalities]
    if not contents:
        return 0.0
    loaded.embedder.features(contents[:1])  # loading the encoders does not count
    start = time.monotonic()
    features = loaded.embedder.features(contents)
    encode_posts(loaded.embedder, loaded.affect, contents, features)
    return (time.monotonic() - start) / len(contents) * len(ids)


def _content(corpus: Corpus, post: Post) -> Content:
    """Return the content of a stored post, without media that cannot be opened."""
    image = audio = None
    for modality in (Modality.IMAGE, Modality.AUDIO):
        if not getattr(post, modality.value):
            continue
        try:
            picture, sound = read_media(corpus.media_of(post, modality))
        except (KindredError, OSError):
            continue
        if modality is Modality.IMAGE:
            image = picture
        else:
            audio = sound
    return Content(post.text or post.title, image, audio, post.language)


def _outputs(made: list[tuple[Post, EncodedPost]]) -> tuple[dict, dict]:
    vectors: dict[Kind | Native, tuple[list[str], list[np.ndarray]]] = {}
    for post, encoding in made:
        for kind, vector in encoding.vectors.items():
            ids, rows = vectors.setdefault(kind, ([], []))
            ids.append(post.id)
            rows.append(vector)
    affects = {post.id: e.affect for post, e in made if e.affect is not None}
    return {kind: (ids, np.stack(rows)) for kind, (ids, rows) in vectors.items()}, affects


def _finish(corpus: Corpus, models: BundleModels, steps: Steps) -> None:
    """Add the vectors of users and words, and note that the bundle is done."""
    corpus.refresh()
    users = [user.id for user in corpus.find_users("", limit=corpus.info().users or 1)]
    words = vocabulary.words(iter([corpus.table(["text", "tags", "language"])]))
    commit_vectors(
        corpus,
        models.bundle,
        {},
        {},
        users=users,
        user_vectors=models.user_vectors,
        words=_word_vectors(models, words, steps),
    )
    mark_complete(corpus, models.bundle)


def _word_vectors(
    models: BundleModels, words: list[str], steps: Steps
) -> tuple[list[str], np.ndarray]:
    """Encode words in parts: there may be thousands."""
    count = Tally(len(words), steps("words"))
    names: list[str] = []
    rows = []
    for part in chunks(words, PART):
        known, vectors = models.word_vectors(part)
        names += known
        rows.append(vectors)
        count(len(part))
    return names, np.concatenate(rows)
