"""From the JSON of a request to posts and terms."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Iterable, Iterator, Sequence

from backend.api.schemas import PostIn, TermIn
from backend.domain import Content, Kind, KindredError
from backend.media import clean_text, read_media
from backend.search import Term
from backend.settings import settings
from backend.workspace.batch import Row
from backend.workspace.uploads import THIS_PROCESS
from backend.workspace.workspace import Workspace

BATCH = 8  # posts decoded at a time
FILES = (Kind.IMAGE, Kind.AUDIO)  # terms whose value is a file


def check_characters(texts: Iterable[str | None]) -> None:
    """Check that the texts of a request are not too long together.

    Raises
    ------
    KindredError
        ``too_many_characters``.
    """
    limit, count = settings().limits.request_characters, sum(len(text or "") for text in texts)
    if count > limit:
        message = f"The texts have {count:,} characters and the limit is {limit:,}; send fewer."
        raise KindredError("too_many_characters", message)


def decode_base64(text: str) -> bytes:
    """Decode base64.

    Raises
    ------
    KindredError
        ``not_base64``.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KindredError("not_base64", "The file is not valid base64.") from None


def to_row(post: PostIn) -> Row:
    """Decode a post and its media; an error in the post becomes the row's error."""
    try:
        return Row(post.id, _content(post), None)
    except KindredError as error:
        return Row(post.id, None, error)


def batches(posts: Sequence[PostIn], gone: threading.Event | None = None) -> Iterator[list[Row]]:
    """Decode posts a few at a time: a small request can hold large images.

    Parameters
    ----------
    posts : sequence of PostIn
    gone : threading.Event, optional
        Set when nobody waits for the rest any more, which is then left out.
    """
    for start in range(0, len(posts), BATCH):
        if gone is not None and gone.is_set():
            return
        yield [to_row(post) for post in posts[start : start + BATCH]]


def _content(post: PostIn) -> Content:
    image = audio = None
    if post.image:
        image, audio = read_media(decode_base64(post.image))  # a video brings its soundtrack
        if image is None:
            raise KindredError("not_an_image", "The image is a sound file: send it as audio.")
    if post.audio:
        _, audio = read_media(decode_base64(post.audio))
        if audio is None:
            message = "The audio has no sound: send an audio file, or a video with a soundtrack."
            raise KindredError("not_audio", message)
    text = clean_text(post.text) if post.text else None
    content = Content(text=text or None, image=image, audio=audio)
    if not content.modalities:
        message = "The post has no text, no image and no audio: give at least one."
        raise KindredError("empty", message)
    return content


def to_term(workspace: Workspace, term_in: TermIn) -> Term:
    """Convert a term; its file, if any, becomes an upload.

    Raises
    ------
    KindredError
        For a file that cannot be read, or a weight of zero.
    """
    if term_in.weight == 0:
        raise KindredError("query", "A term's weight must not be zero.")
    value = term_in.value
    if term_in.kind in FILES:
        value = workspace.read_upload(decode_base64(value), owner=THIS_PROCESS).key
    return Term(term_in.kind, value, term_in.weight)
