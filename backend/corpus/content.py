"""The content of stored posts: their words, and their media decoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from backend.domain import Content, KindredError, Modality, Picture, Post, Sound
from backend.media import read_media

if TYPE_CHECKING:
    from backend.corpus.corpus import Corpus


def words(text: str | None, title: str | None) -> str | None:
    """Return the words of a post: its text, else its title.

    Examples
    --------
    >>> words("A red car", "Car"), words("", "Car"), words(None, None)
    ('A red car', 'Car', None)
    """
    return text or title or None


def post_of(row: Mapping[str, Any]) -> Post:
    """Return what of a row of the table of posts is content."""
    return Post(
        row["id"],
        text=row.get("text"),
        image=row.get("image"),
        audio=row.get("audio"),
        language=row.get("language"),
        title=row.get("title"),
    )


def picture_of(corpus: Corpus, post: Post | str) -> Picture | None:
    """Decode the image of a post.

    Raises
    ------
    KindredError
        When there is none, or its file cannot be read.
    """
    return read_media(corpus.media_of(post, Modality.IMAGE))[0]


def sound_of(corpus: Corpus, post: Post | str) -> Sound | None:
    """Decode the sound of a post; raises as `picture_of`."""
    return read_media(corpus.media_of(post, Modality.AUDIO))[1]


def content_of(corpus: Corpus, post: Post, *, partial: bool = False) -> Content | None:
    """Return the words and the decoded media of a post.

    Parameters
    ----------
    corpus : Corpus
    post : Post
    partial : bool
        Leave out a file that cannot be read, instead of the post.

    Returns
    -------
    Content or None
        None when nothing of it can be read.
    """
    media: dict[str, Any] = {}
    for modality, decode in ((Modality.IMAGE, picture_of), (Modality.AUDIO, sound_of)):
        if getattr(post, modality.value):
            try:
                media[modality.value] = decode(corpus, post)
            except (KindredError, OSError):
                if not partial:
                    return None
    content = Content(words(post.text, post.title), language=post.language, **media)
    return content if content.modalities else None
