"""From what a request holds to the domain."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from backend.api.schemas import PostIn, TermIn
from backend.domain import Content, Kind, KindredError
from backend.media import clean_text, read_media
from backend.search import Term
from backend.workspace.batch import Row
from backend.workspace.workspace import Workspace

BLOCK = 8  # posts decoded at a time


def decoded(text: str) -> bytes:
    """Read base64.

    Raises
    ------
    KindredError
        ``not_base64``.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KindredError("not_base64", "The file is not valid base64.") from None


def row(post: PostIn) -> Row:
    """Decode a post, media and all; never raises for what the post holds."""
    try:
        return Row(post.id, _content(post), None)
    except KindredError as error:
        return Row(post.id, None, error)


def blocks(posts: Sequence[PostIn]) -> Iterator[list[Row]]:
    """Decode posts a few at a time: a small request can hold large pictures."""
    for start in range(0, len(posts), BLOCK):
        yield [row(post) for post in posts[start : start + BLOCK]]


def _content(post: PostIn) -> Content:
    image = audio = None
    if post.image:
        image, audio = read_media(decoded(post.image))  # a video brings its soundtrack
        if image is None:
            raise KindredError("not_an_image", "The image is a sound.")
    if post.audio:
        _, audio = read_media(decoded(post.audio))
        if audio is None:
            raise KindredError("not_audio", "The audio has no sound in it.")
    text = clean_text(post.text) if post.text else None
    content = Content(text=text or None, image=image, audio=audio)
    if not content.modalities:
        raise KindredError("empty", "The post has no text, no image and no audio.")
    return content


def term(workspace: Workspace, given: TermIn) -> Term:
    """Read a term; a file in it becomes an upload.

    Raises
    ------
    KindredError
        For a file that cannot be read, or a weight of zero.
    """
    if given.weight == 0:
        raise KindredError("query", "A term's weight must not be zero.")
    value = given.value
    if given.kind in (Kind.IMAGE, Kind.AUDIO):
        value = workspace.read_upload(decoded(value)).key
    return Term(given.kind, value, given.weight)
