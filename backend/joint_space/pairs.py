"""What the joint space is trained on: posts as encoder features, texts in variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Posts whose modalities belong together.

    Attributes
    ----------
    ids : numpy.ndarray
        ``(n,)`` str.
    users, groups : numpy.ndarray
        ``(n,)`` int64 codes; `NONE` where a post has no user. Posts of one
        group show the same thing (near-duplicates) and never face each other
        as negatives, nor across a split.
    sources : numpy.ndarray
        ``(n,)`` str.
    image, audio : numpy.ndarray
        ``(n, d)`` float32; rows of NaN where a post has none.
    texts : numpy.ndarray
        ``(m, d)`` float32: every variant of every post's text.
    text_post : numpy.ndarray
        ``(m,)`` int64: the row of the post each text belongs to, ascending.
    text_whole : numpy.ndarray
        ``(n,)`` int64: for each post the row of all its words, `NONE` when it
        has none.
    """

    ids: np.ndarray
    users: np.ndarray
    groups: np.ndarray
    sources: np.ndarray
    image: np.ndarray
    audio: np.ndarray
    texts: np.ndarray
    text_post: np.ndarray
    text_whole: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def has_image(self) -> np.ndarray:
        """``(n,)`` bool."""
        return ~np.isnan(self.image[:, 0])

    @property
    def has_audio(self) -> np.ndarray:
        """``(n,)`` bool."""
        return ~np.isnan(self.audio[:, 0])

    @property
    def has_text(self) -> np.ndarray:
        """``(n,)`` bool."""
        return self.text_whole != NONE

    def take(self, keep: np.ndarray) -> Pairs:
        """The posts where `keep` (``(n,)`` bool) holds, with their texts."""
        rows = np.flatnonzero(keep)
        new = np.full(len(self), NONE, dtype=np.int64)
        new[rows] = np.arange(len(rows))
        texts = np.flatnonzero(keep[self.text_post])
        place = np.full(len(self.texts) + 1, NONE, dtype=np.int64)
        place[texts] = np.arange(len(texts))
        return Pairs(
            ids=self.ids[rows],
            users=self.users[rows],
            groups=self.groups[rows],
            sources=self.sources[rows],
            image=self.image[rows],
            audio=self.audio[rows],
            texts=self.texts[texts],
            text_post=new[self.text_post[texts]],
            text_whole=place[self.text_whole[rows]],
        )


def codes(names: Sequence[str | None]) -> np.ndarray:
    """Names -> int64 codes, `NONE` for None."""
    known: dict[str, int] = {}
    return np.array(
        [NONE if name is None else known.setdefault(name, len(known)) for name in names],
        dtype=np.int64,
    )
