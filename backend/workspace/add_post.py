"""Add an analysed post to a corpus, with its media, vectors and prediction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from backend.core.files import storing
from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.corpus.readings import PostReadings
from backend.domain import Content, Kind, KindredError, Post, Prediction
from backend.media import write_flac, write_webp


def add_post(
    corpus: Corpus,
    content: Content,
    prediction: Prediction,
    vectors: Mapping[Kind | Native, np.ndarray],
    *,
    readings: PostReadings,
    user: str | None = None,
) -> Post:
    """Write a post, its media, vectors and prediction.

    Parameters
    ----------
    corpus : Corpus
    content : Content
    prediction : Prediction
    vectors : mapping of Kind or Native to numpy.ndarray
        ``(dim,)`` each.
    readings : mapping of Modality to Reading
    user : str, optional
        Id of its author.

    Returns
    -------
    Post
        The existing post when the same content was added before.
    """
    id_ = f"own-{_digest(content)}"
    if existing := corpus.posts([id_]):
        return existing[id_]
    with storing("The post was not added"):
        return _add(corpus, id_, content, prediction, vectors, readings=readings, user=user)


def _add(
    corpus: Corpus,
    id_: str,
    content: Content,
    prediction: Prediction,
    vectors: Mapping[Kind | Native, np.ndarray],
    *,
    readings: PostReadings,
    user: str | None,
) -> Post:
    image = audio = None
    picture, sound = content.image, content.audio
    if picture is not None:
        image = f"own/{id_}.webp"
        _write(corpus, image, lambda path: write_webp(picture, path))
    if sound is not None:
        audio = f"own/{id_}.flac"
        _write(corpus, audio, lambda path: write_flac(sound, path))
    post = Post(
        id=id_,
        text=content.text,
        image=image,
        audio=audio,
        user=user,
        time=datetime.now(UTC),
        source="own",
    )
    corpus.add(
        [post],
        bundle=prediction.bundle,
        vectors={kind: ([id_], vector[None]) for kind, vector in vectors.items()},
        predictions={id_: prediction.affect},
        read={id_: readings},
    )
    return post


def _write(corpus: Corpus, relative: str, write: Callable[[Path], None]) -> None:
    try:
        write(corpus.new_media(relative))
    except KindredError as error:
        # A run that was killed after writing the file left it behind.
        if error.code != "media_exists":
            raise


def _digest(content: Content) -> str:
    digest = hashlib.sha256((content.text or "").encode("utf-8", "replace"))
    for frame in content.image.frames if content.image else ():
        digest.update(frame.tobytes())
    if content.audio is not None:
        digest.update(content.audio.samples.tobytes())
    return digest.hexdigest()[:16]
