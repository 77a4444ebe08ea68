"""Import posts that bring their vectors: no encoder runs, and emotions are not predicted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from backend.core.vectors import normalize
from backend.corpus import own_vectors
from backend.corpus.model_outputs import OWN
from backend.corpus.own_vectors import Layout
from backend.domain import Kind, User
from backend.ingest.encoded_post import EncodedPost, ImportModels
from backend.ingest.media_loader import LoadedDraft
from backend.ingest.runner import Chunk, ImportPipeline
from backend.ingest.shards import Shard


class OwnVectors(ImportModels):
    """Stands in the place of the models.

    Parameters
    ----------
    layout : Layout
    """

    bundle = OWN

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def vectors(self, draft_vectors: dict[Kind, np.ndarray]) -> dict[Kind, np.ndarray]:
        """Return the vectors of a post, with one of the post as a whole."""
        placed = {kind: self.layout.place(kind, v) for kind, v in draft_vectors.items()}
        if Kind.POST not in placed:
            parts = np.stack([vector for kind, vector in placed.items() if kind is not Kind.USER])
            placed[Kind.POST] = normalize(parts.sum(axis=0)[None])[0]
        return placed

    def user_vectors(self, sums: np.ndarray) -> np.ndarray:
        """Return the directions of users who bring no vector: the mean of their posts."""
        return normalize(sums)


class OwnVectorsPipeline(ImportPipeline):
    """Runs one import of posts with vectors."""

    BULK = 8

    _models: OwnVectors

    def _takes(self, loaded: LoadedDraft) -> bool:
        return bool(loaded.draft.vectors) and not loaded.unchanged

    def _encoding(self, chunk: Chunk) -> Callable[[], list[EncodedPost]]:
        self._check_stop()
        posts = [d.draft.vectors for d in chunk.drafts if self._takes(d)]
        encoded = [EncodedPost(self._models.vectors(dict(v)), None, {}) for v in posts]
        return lambda: encoded

    def _add_vectors(self, shard: Shard, draft: LoadedDraft, encoding: EncodedPost) -> None:
        vectors = dict(encoding.vectors)
        user: User | None = draft.draft.user
        of_user = vectors.pop(Kind.USER, None)
        shard.add_vectors(draft.draft.post.id, vectors)
        if user is not None and of_user is not None and user.id not in shard.users:
            shard.add_vectors(user.id, {Kind.USER: of_user})

    def _words(self) -> tuple[Sequence[str], np.ndarray]:
        """Return none: words have no vectors without an encoder."""
        return [], np.empty((0, self._models.layout.dim), dtype=np.float32)

    def _side_tables(self) -> dict[str, pa.Table]:
        return {own_vectors.TABLE: own_vectors.to_table(self._models.layout)}
