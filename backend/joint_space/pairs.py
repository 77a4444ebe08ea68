"""Training data of the joint space: posts as encoder features, with text variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Posts as encoder features; the modalities of a post are positive pairs.

    Attributes
    ----------
    ids : numpy.ndarray
        ``(n,)`` str.
    users, groups : numpy.ndarray
        ``(n,)`` int64 codes; `NONE` where a post has no user. Posts of one
        group are near-duplicates: never negatives of each other, nor in
        different splits.
    sources : numpy.ndarray
        ``(n,)`` str.
    image, audio : numpy.ndarray
        ``(n, d)`` float32; rows of NaN where a post has none.
    texts : numpy.ndarray
        ``(m, d)`` float32: every variant of every post's text.
    text_post : numpy.ndarray
        ``(m,)`` int64: the row of the post each text belongs to, ascending.
    text_whole : numpy.ndarray
        ``(n,)`` int64: for each post the row of its full text, `NONE` without
        text.
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
        """Return the posts where `keep` (``(n,)`` bool) is true, with their texts."""
        rows = np.flatnonzero(keep)
        new = np.full(len(self), NONE, dtype=np.int64)
        new[rows] = np.arange(len(rows))
        texts = np.flatnonzero(keep[self.text_post])
        new_text = np.full(len(self.texts) + 1, NONE, dtype=np.int64)
        new_text[texts] = np.arange(len(texts))
        return Pairs(
            ids=self.ids[rows],
            users=self.users[rows],
            groups=self.groups[rows],
            sources=self.sources[rows],
            image=self.image[rows],
            audio=self.audio[rows],
            texts=self.texts[texts],
            text_post=new[self.text_post[texts]],
            text_whole=new_text[self.text_whole[rows]],
        )


def codes(names: Sequence[str | None]) -> np.ndarray:
    """Encode names as int64 codes, `NONE` for None."""
    code_of: dict[str, int] = {}
    return np.array(
        [NONE if name is None else code_of.setdefault(name, len(code_of)) for name in names],
        dtype=np.int64,
    )
