"""Read the images and sounds of a corpus that was imported without reading them.

Posts are read in parts, each of which is committed as a whole: a run that was killed goes on
where it stopped, and the corpus can be used meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.progress import Progress
from backend.corpus import Corpus
from backend.corpus.bulk_commit import Batch, commit_readings
from backend.corpus.content import content_of
from backend.corpus.native import Native
from backend.corpus.readings import PostReadings
from backend.corpus.tables import chunks
from backend.domain import Content, Kind, Modality, Post
from backend.ingest.encode import encode_posts
from backend.ingest.encoded_post import EncodedPost
from backend.workspace.context import WorkspaceContext
from backend.workspace.loaded_models import LoadedModels

PART = 64  # posts


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """What reading a corpus gave.

    Attributes
    ----------
    posts : int
        Read now.
    written, said : int
        Of these, images with text and sounds with a transcript.
    lost : int
        Posts whose media could not be opened; they are tried again the next time.
    """

    posts: int = 0
    written: int = 0
    said: int = 0
    lost: int = 0


def read_corpus(
    context: WorkspaceContext,
    corpus: Corpus,
    wanted: Collection[Modality],
    progress: Progress | None = None,
) -> ReadCounts:
    """Read what has not been read, and update vectors and predictions of the active bundle.

    Parameters
    ----------
    context : WorkspaceContext
    corpus : Corpus
    wanted : collection of Modality
        Of image and audio.
    progress : callable, optional
        Called with posts done and all posts to read.

    Raises
    ------
    KindredError
        As `Corpus.add`; what was read before stays.
    """
    is_known = corpus.name in context.corpora()
    of_corpus = context.models_of(corpus.name) if is_known else context.models
    models = of_corpus if isinstance(of_corpus, LoadedModels) else context.models
    ids = corpus.unread(wanted)
    done = written = said = lost = 0
    for part in chunks(ids, PART):
        usable = _usable(corpus, part)
        lost += len(part) - len(usable)
        if usable:
            readings = _commit(models, corpus, usable, wanted)
            written += sum(bool(_text(r, Modality.IMAGE)) for r in readings.values())
            said += sum(bool(_text(r, Modality.AUDIO)) for r in readings.values())
        done += len(part)
        if progress is not None:
            progress(done, len(ids))
    return ReadCounts(done - lost, written, said, lost)


def apply_readings(context: WorkspaceContext, corpus: Corpus) -> None:
    """Update vectors and predictions of the active bundle by what was read before.

    For a bundle that was fitted, or vectors that were made, without the words.
    """
    media = corpus.table(["id", "image", "audio"]).to_pylist()
    stored = corpus.readings([row["id"] for row in media if row["image"] or row["audio"]])
    worded = [id_ for id_, found in stored.items() if _has_words(found)]
    for part in chunks(sorted(worded), PART):
        if usable := _usable(corpus, part):
            _commit(context.models, corpus, usable, (), [stored[post.id] for post, _ in usable])


def _usable(corpus: Corpus, ids: Sequence[str]) -> list[tuple[Post, Content]]:
    """Return the posts whose media can be opened, with their content."""
    pairs = [(post, content_of(corpus, post)) for post in corpus.posts(ids).values()]
    return [(post, content) for post, content in pairs if content is not None]


def _commit(
    models: LoadedModels,
    corpus: Corpus,
    posts: Sequence[tuple[Post, Content]],
    wanted: Collection[Modality],
    readings: Sequence[PostReadings] | None = None,
) -> dict[str, PostReadings]:
    """Encode and predict posts with their words, and store that; return the readings."""
    contents = [content for _, content in posts]
    features = models.embedder.features(contents, read=wanted, readings=readings)
    encoded = encode_posts(models.embedder, models.affect, contents, features)
    found = {post.id: e.readings for (post, _), e in zip(posts, encoded, strict=True)}
    batch = _batch([post for post, _ in posts], encoded, found)
    commit_readings(corpus, models.bundle.name, batch, models.embedder.space.users)
    return found


def _batch(
    posts: Sequence[Post], encoded: Sequence[EncodedPost], readings: dict[str, PostReadings]
) -> Batch:
    """Return vectors and predictions of the posts with words, and all readings."""
    vectors: dict[Kind | Native, tuple[list[str], list[np.ndarray]]] = {}
    predictions = {}
    for post, encoding in zip(posts, encoded, strict=True):
        if not _has_words(encoding.readings):
            continue
        for kind, vector in encoding.vectors.items():
            ids, rows = vectors.setdefault(kind, ([], []))
            ids.append(post.id)
            rows.append(vector)
        if encoding.affect is not None:
            predictions[post.id] = encoding.affect
    stacked: dict[Kind | Native, tuple[Sequence[str], np.ndarray]] = {
        kind: (ids, np.stack(rows)) for kind, (ids, rows) in vectors.items()
    }
    return Batch(posts, vectors=stacked, predictions=predictions, readings=readings)


def _has_words(readings: PostReadings) -> bool:
    return any(reading.text or reading.share for reading in readings.values())


def _text(readings: PostReadings, modality: Modality) -> str:
    return readings[modality].text if modality in readings else ""
