"""The models of the active bundle, for imports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from backend.domain import Content, Kind, Modality
from backend.ingest.encode import encode_posts
from backend.ingest.encoded_post import EncodedPost, ImportModels
from backend.settings import SHIPPED_CORPUS
from backend.workspace.context import WorkspaceContext
from backend.workspace.loaded_models import LoadedModels


class BundleModels(ImportModels):
    """The models of the active bundle, loaded when the first post is encoded.

    Parameters
    ----------
    context : WorkspaceContext
    read : collection of Modality
        Of image and audio: the modalities whose words are read.
    models : LoadedModels, optional
        Those of an existing corpus; by default those of the active bundle.
    """

    def __init__(
        self,
        context: WorkspaceContext,
        read: Collection[Modality] = (),
        models: LoadedModels | None = None,
    ) -> None:
        self._context = context
        self._read = read
        self._models = models or context.models  # also when another bundle is activated meanwhile
        self.bundle = self._models.bundle.name

    def encode(self, contents: Sequence[Content]) -> list[EncodedPost]:
        """Vectors and predictions of posts, in their order."""
        return self.start_encoding(contents)()

    def start_encoding(self, contents: Sequence[Content]) -> Callable[[], list[EncodedPost]]:
        """Read and encode; the returned function computes joint vectors and predictions."""
        if not contents:
            return list
        embedder, affect = self._models.embedder, self._models.affect
        features = embedder.features(contents, read=self._read)
        return lambda: encode_posts(embedder, affect, contents, features)

    def user_vectors(self, sums: np.ndarray) -> np.ndarray:
        """Vectors of users from the sums of their posts' vectors."""
        return self._models.embedder.space.users(sums)

    def word_vectors(self, words: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """Vectors of words; those in the shipped corpus are reused."""
        known, vectors = self._context.corpus(SHIPPED_CORPUS).vectors(
            self.bundle, Kind.WORD, list(words)
        )
        new = sorted(set(words) - set(known))
        own = self._models.embedder.texts(new)
        encoded = np.linalg.norm(own, axis=1) > 0
        names = [*known, *(word for word, ok in zip(new, encoded, strict=True) if ok)]
        if not len(known):  # the shipped corpus may have no vectors, not even a dimension
            return names, own[encoded]
        return names, np.concatenate([vectors, own[encoded]])
