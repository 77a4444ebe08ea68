"""A space of words, with images and sounds mapped into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.vectors import normalize
from backend.domain import Kind


@dataclass(frozen=True, slots=True)
class Space:
    """The description of a word space.

    Attributes
    ----------
    name : str
        ``joint``, ``metadata``, ``clean+metadata`` or ``encoder+metadata``.
    title : str
        To show to users.
    about : str
        Describes what it was learnt from.
    words : int
        Size of its vocabulary.
    kinds : tuple of Kind
        That can be found in it.
    """

    name: str
    title: str
    about: str
    words: int
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True, eq=False)
class WordSpace:
    """Vectors of words, and matrices that map images and sounds into their space.

    Attributes
    ----------
    words : tuple of str
        Most frequent first.
    counts : numpy.ndarray
        ``(words,)`` int64: number of posts of the corpus with each word.
    vectors : numpy.ndarray
        ``(words, d)`` float32 of unit length.
    maps : mapping of Kind to numpy.ndarray
        ``(f + 1, d)`` from joint vectors of images and sounds; the last row is the
        intercept.
    """

    words: tuple[str, ...]
    counts: np.ndarray
    vectors: np.ndarray
    maps: Mapping[Kind, np.ndarray]

    def mapped(self, kind: Kind, features: np.ndarray) -> np.ndarray:
        """Map joint vectors of images or sounds into the space, ``(n, d)`` of unit length."""
        matrix = self.maps[kind]
        return normalize(features @ matrix[:-1] + matrix[-1])


def to_rows(spaces: Mapping[str, WordSpace]) -> list[dict]:
    """Convert spaces to rows: name, words, counts, and arrays as safetensors."""
    from safetensors.numpy import save

    return [
        {
            "space": name,
            "words": list(space.words),
            "counts": space.counts.tolist(),
            "arrays": save(
                {
                    "words": space.vectors.astype(np.float16),
                    **{kind.value: m.astype(np.float16) for kind, m in space.maps.items()},
                }
            ),
        }
        for name, space in spaces.items()
    ]


def from_rows(rows: Sequence[Mapping]) -> dict[str, WordSpace]:
    """Read the rows that `to_rows` wrote."""
    from safetensors.numpy import load

    spaces = {}
    for row in rows:
        arrays = {key: value.astype(np.float32) for key, value in load(row["arrays"]).items()}
        spaces[row["space"]] = WordSpace(
            words=tuple(row["words"]),
            counts=np.asarray(row["counts"], dtype=np.int64),
            vectors=normalize(arrays.pop("words")),
            maps={Kind(key): value for key, value in arrays.items()},
        )
    return spaces
