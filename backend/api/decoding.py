"""From the JSON of a request to posts and terms."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Iterable, Iterator, Sequence

from fastapi import UploadFile

from backend.api.schemas import PostIn, TermIn
from backend.core.meter import Meter, metered, spend
from backend.core.scheduler import turn_seconds
from backend.domain import Content, Kind, KindredError
from backend.encoders import cost
from backend.media import clean_text, read_untrusted
from backend.search import Term
from backend.settings import settings
from backend.workspace.batch import Row
from backend.workspace.uploads import THIS_PROCESS
from backend.workspace.workspace import Workspace

BATCH = 8  # posts decoded at a time
_MOST_PACE = 3.0  # times what was estimated, that the next posts are expected to take at most
_PICTURE_OF_A_TURN, _SOUND_OF_A_TURN = 0.25, 1.0  # shares: words in them are read, too
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
    """Decode base64, or a data URL in base64.

    Raises
    ------
    KindredError
        ``not_base64``.
    """
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            raise KindredError("not_base64", "Write the data URL in base64: data:…;base64,….")
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

    The posts that are left when the time of a request is over get an error.

    Parameters
    ----------
    posts : sequence of PostIn
    gone : threading.Event, optional
        Set when nobody waits for the rest any more, which is then left out.
    """
    estimated = 0.0
    with metered() as meter:
        for few in cost.turns(posts, _seconds, BATCH):
            if gone is not None and gone.is_set():
                return
            # How much slower than estimated this machine is.
            pace = min(max(meter.seconds / estimated, 1.0), _MOST_PACE) if estimated else 0.0
            seconds = sum(map(_seconds, few))
            late = is_spent(meter, pace * seconds)
            yield [_too_late(post) if late else to_row(post) for post in few]
            estimated += seconds


def is_spent(meter: Meter, more: float = 0.0) -> bool:
    """Whether a request has used up its processor time, or would with some seconds more."""
    return meter.seconds + more > settings().limits.request_seconds


def _seconds(post: PostIn) -> float:
    """Estimate the seconds of one core for a post whose media are not decoded yet."""
    media = (_SOUND_OF_A_TURN if post.audio else 0.0) + (_PICTURE_OF_A_TURN if post.image else 0.0)
    return cost.seconds(post.text or "") + turn_seconds() * media


def _too_late(post: PostIn) -> Row:
    return Row(
        post.id,
        None,
        KindredError(
            "too_much",
            "The posts before this one took all the time of a request; send it again, with fewer.",
        ),
    )


def form_row(text: str | None, image: UploadFile | None, audio: UploadFile | None) -> Row:
    """Decode a post whose media are files of a form; an error becomes the row's error."""
    files = [file.file.read() if file is not None else b"" for file in (image, audio)]
    try:
        return Row("post", _decoded(text, *files), None)
    except KindredError as error:
        return Row("post", None, error)


def _content(post: PostIn) -> Content:
    image = decode_base64(post.image) if post.image else b""
    audio = decode_base64(post.audio) if post.audio else b""
    post.image = post.audio = None  # large, and not needed again
    return _decoded(post.text, image, audio)


def _decoded(raw_text: str | None, image_bytes: bytes, audio_bytes: bytes) -> Content:
    image = audio = None
    if image_bytes:
        image, audio = read_untrusted(image_bytes)  # a video brings its soundtrack
        if image is None:
            raise KindredError("not_an_image", "The image is a sound file: send it as audio.")
    if audio_bytes:
        _, audio = read_untrusted(audio_bytes)
        if audio is None:
            message = "The audio has no sound: send an audio file, or a video with a soundtrack."
            raise KindredError("not_audio", message)
    text = clean_text(raw_text) if raw_text else None
    content = Content(text=text or None, image=image, audio=audio)
    if not content.modalities:
        message = "The post has no text, no image and no audio: give at least one."
        raise KindredError("empty", message)
    return content


def to_terms(workspace: Workspace, terms: Sequence[TermIn]) -> list[Term]:
    """Convert terms; their files become uploads.

    Raises
    ------
    KindredError
        ``too_many_characters``; ``too_much`` where decoding and encoding them takes longer than a
        request may; for a file that cannot be read, or a weight of zero.
    """
    texts = [term.value for term in terms if term.kind not in FILES]
    check_characters(texts)
    found = []
    with metered() as meter:
        spend(sum(map(cost.seconds, texts)))
        for term in terms:
            if is_spent(meter):
                message = "These terms take too long to encode; send fewer, or shorter ones."
                raise KindredError("too_much", message)
            found.append(_to_term(workspace, term))
    return found


def _to_term(workspace: Workspace, term_in: TermIn) -> Term:
    if term_in.weight == 0:
        raise KindredError("query", "A term's weight must not be zero.")
    value = term_in.value
    if term_in.kind in FILES:
        value = workspace.read_upload(decode_base64(value), owner=THIS_PROCESS).key
    return Term(term_in.kind, value, term_in.weight)
