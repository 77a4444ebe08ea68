"""Cache the features of recent posts, for explaining and searching after analysing."""

from __future__ import annotations

from functools import partial

from backend.bundles.embedder import Embedder, Features
from backend.core.lru import LRU
from backend.domain import Content
from backend.recognition import wanted

MEMORY = 64  # posts
MEMORY_BYTES = 128 * 2**20  # of their decoded media


class FeatureMemory:
    """LRU cache of the features of posts.

    The key is the text and the identity of the media objects: uploads are decoded
    once and shared.
    """

    def __init__(self, size: int = MEMORY) -> None:
        # The content is cached too, to keep the ids in the key valid.
        self._cache: LRU[tuple, tuple[Content, Features]] = LRU(
            size, max_bytes=MEMORY_BYTES, size_of=lambda entry: entry[0].nbytes
        )

    def get(self, content: Content, embedder: Embedder) -> Features:
        """Return the features of one post; read and encode it if needed."""
        media = id(content.image), id(content.audio)
        key = (content.text, content.language, *media, embedder.bundle.name)
        encode = partial(embedder.features, [content], read=wanted())
        return self._cache.get_or_make(key, lambda: (content, encode()[0]))[1]

    def clear(self) -> None:
        """Empty the cache."""
        self._cache.clear()
