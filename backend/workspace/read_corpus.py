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
from backend.corpus.readings import PostReadings
from backend.corpus.tables import chunks
from backend.domain import Content, Kind, KindredError, Modality, Post
from backend.ingest.encode import encode_posts
from backend.ingest.runner import EncodedPost
from backend.media import read_media
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
    models = context.models
    ids = corpus.unread(wanted)
    done = written = said = lost = 0
    for part in chunks(ids, PART):
        posts = list(corpus.posts(part).values())
        contents = [_content(corpus, post) for post in posts]
        usable = [(p, c) for p, c in zip(posts, contents, strict=True) if c is not None]
        lost += len(part) - len(usable)
        if usable:
            encoded = _encoded(models, [content for _, content in usable], wanted)
            readings = {p.id: e.readings for (p, _), e in zip(usable, encoded, strict=True)}
            batch = _batch([post for post, _ in usable], encoded, readings)
            space = models.embedder.space
            commit_readings(corpus, models.bundle.name, batch, space.users)
            written += sum(bool(_text(r, Modality.IMAGE)) for r in readings.values())
            said += sum(bool(_text(r, Modality.AUDIO)) for r in readings.values())
        done += len(part)
        if progress is not None:
            progress(done, len(ids))
    return ReadCounts(done - lost, written, said, lost)


def _content(corpus: Corpus, post: Post) -> Content | None:
    """Return the content of a stored post; None when a file cannot be opened."""
    image = audio = None
    try:
        if post.image:
            image = read_media(corpus.media_of(post, Modality.IMAGE))[0]
        if post.audio:
            audio = read_media(corpus.media_of(post, Modality.AUDIO))[1]
    except (KindredError, OSError):
        return None
    return Content(post.text, image, audio, post.language)


def _encoded(
    models: LoadedModels, contents: Sequence[Content], wanted: Collection[Modality]
) -> list[EncodedPost]:
    features = models.embedder.features(contents, read=wanted)
    return encode_posts(models.embedder, models.affect, contents, features)


def _batch(
    posts: Sequence[Post], encoded: Sequence[EncodedPost], readings: dict[str, PostReadings]
) -> Batch:
    """Return vectors and predictions of the posts with words, and all readings."""
    vectors: dict[Kind, tuple[list[str], list[np.ndarray]]] = {}
    predictions = {}
    for post, encoding in zip(posts, encoded, strict=True):
        if not any(reading.text or reading.share for reading in encoding.readings.values()):
            continue
        for kind, vector in encoding.vectors.items():
            ids, rows = vectors.setdefault(kind, ([], []))
            ids.append(post.id)
            rows.append(vector)
        if encoding.affect is not None:
            predictions[post.id] = encoding.affect
    stacked = {kind: (ids, np.stack(rows)) for kind, (ids, rows) in vectors.items()}
    return Batch(posts, vectors=stacked, predictions=predictions, readings=readings)


def _text(readings: PostReadings, modality: Modality) -> str:
    return readings[modality].text if modality in readings else ""
