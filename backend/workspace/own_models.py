"""Queries of a corpus whose vectors came with its posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.vectors import normalize
from backend.corpus.native import Native
from backend.corpus.own_vectors import Layout
from backend.domain import Content, Kind, KindredError, Modality
from backend.settings import settings


@dataclass(frozen=True, slots=True)
class OwnModels:
    """Encodes queries with the encoders that the owner of the vectors named.

    Attributes
    ----------
    corpus : str
        For messages.
    layout : Layout
    """

    corpus: str
    layout: Layout

    def vector(self, content: Content, kind: Kind) -> np.ndarray:
        """Return the vector of a content, ``(dim,)`` float32 of unit length.

        Raises
        ------
        KindredError
            ``no_encoder``, with what to do; ``bad_vectors`` where the encoder has another width.
        """
        wanted = content.modalities if kind is Kind.POST else (Modality(kind.value),)
        parts = [self._encoded(content, modality) for modality in wanted]
        return normalize(np.sum(parts, axis=0)[None])[0]

    def native(self, content: Content) -> Mapping[Native, np.ndarray]:
        """Return nothing: the vectors that posts came with are all there is."""
        return {}

    def concepts(self, content: Content) -> tuple[str, ...]:
        """Return nothing: what the encoders classify is not known."""
        return ()

    def _encoded(self, content: Content, modality: Modality) -> np.ndarray:
        from backend import encoders

        of = Kind(modality.value)
        name = self.layout.encoders.get(of)
        if name is None:
            raise KindredError(
                "no_encoder",
                f"The vectors of {self.corpus} came without the encoder that made them, so "
                f"{_A[of]} cannot be compared with them; posts and users of the corpus can. Name "
                f"it: `kindred reindex --corpus {self.corpus} --encoder {of}=NAME`.",
            )
        encoder = encoders.get(name, modality=modality, device=settings().device)
        encoded = encoder.encode([getattr(content, modality.value)])
        vector = encoded.vectors[0]
        if vector is None:
            raise KindredError("not_encoded", encoded.reasons[0] or "It could not be encoded.")
        return self.layout.place(of if of in self.layout.blocks else Kind.POST, vector)


_A = {Kind.TEXT: "a text", Kind.IMAGE: "an image", Kind.AUDIO: "a sound"}
