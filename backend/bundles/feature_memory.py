"""Features of the contents seen last, so that explaining and searching need no second encoding."""

from __future__ import annotations

from backend.bundles.embedder import Embedder, Features
from backend.core.lru import LRU
from backend.domain import Content

MEMORY = 64  # posts whose features are kept, for explaining and searching after analysing
MEMORY_BYTES = 128 * 2**20  # of their decoded media


class FeatureMemory:
    """The features of the contents seen last.

    A content is known by its text and by the very objects that hold its media:
    uploads are decoded once and shared.
    """

    def __init__(self, size: int = MEMORY) -> None:
        # The content is cached too, to keep the ids in the key valid.
        self._cache: LRU[tuple, tuple[Content, Features]] = LRU(
            size, max_bytes=MEMORY_BYTES, size_of=lambda entry: entry[0].nbytes
        )

    def get(self, content: Content, embedder: Embedder) -> Features:
        """Features of one post, encoded when they are not known."""
        key = (content.text, id(content.image), id(content.audio), embedder.bundle.name)
        cached = self._cache.get(key)
        if cached is not None:
            return cached[1]
        features = embedder.features([content])[0]
        self._cache.put(key, (content, features))
        return features

    def clear(self) -> None:
        """Forget everything."""
        self._cache.clear()
