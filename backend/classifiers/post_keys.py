"""Keys by which posts are known again in another corpus, by their content and not by their id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from backend.text.normalise import normalise
from backend.word_spaces.vocabulary import parts

_TELLING = 5  # words, from which a text alone tells a post; its files may have been written anew


def post_keys(texts: Iterable[str | None], media: Iterable[Path | None]) -> frozenset[str]:
    """Return the keys of a post; posts that have one in common have the same content.

    Parameters
    ----------
    texts : iterable of str or None
        Text and title.
    media : iterable of pathlib.Path or None
        Files of its image and its sound.

    Returns
    -------
    frozenset of str
        Of all that it has, and of its longest text, unless that is a short one.
    """
    words = normalise(parts([text for text in texts if text])[0]).casefold().split()
    text = " ".join(words).encode("utf-8", "replace")
    files = [path.read_bytes() for path in media if path is not None]
    contents = [text] if len(words) >= _TELLING else []
    if words or files:
        contents.append(b"\0".join([text, *map(_digest, files)]) if files else text)
    return frozenset(_digest(content).hex() for content in contents)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=8).digest()
