"""What an import asks of models, and what it gets for each post."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from backend.corpus.native import Native
from backend.domain import Affect, Content, Kind, Modality
from backend.text.reading import Reading


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPost:
    """Vectors, prediction and readings of one post; `reasons` says what was not encoded."""

    vectors: Mapping[Kind, np.ndarray] | Mapping[Kind | Native, np.ndarray]
    affect: Affect | None
    reasons: Mapping[Modality, str]
    readings: Mapping[Modality, Reading] = field(default_factory=dict)


class ImportModels:
    """The models of a bundle as an import uses them.

    Attributes
    ----------
    bundle : str
        Name of the bundle.
    """

    bundle: str

    def encode(self, contents: Sequence[Content]) -> list[EncodedPost]:
        """Return vectors and predictions of posts, in order."""
        raise NotImplementedError

    def start_encoding(self, contents: Sequence[Content]) -> Callable[[], list[EncodedPost]]:
        """Do the slow part of `encode`; the returned function does the rest.

        The rest can run while the next posts are encoded.
        """
        encoded = self.encode(contents)
        return lambda: encoded

    def user_vectors(self, sums: np.ndarray) -> np.ndarray:
        """Return user vectors ``(n, dim)`` from sums of post vectors ``(n, dim)``."""
        raise NotImplementedError

    def word_vectors(self, words: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """Return the words that have a vector, and their vectors."""
        raise NotImplementedError
