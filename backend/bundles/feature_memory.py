"""Features of the contents seen last, so that explaining and searching need no second encoding."""

from __future__ import annotations

import threading
from collections import OrderedDict

from backend.bundles.embedder import Embedder, Features
from backend.domain import Content

MEMORY = 64  # posts whose features are kept, for explaining and searching after analysing
MEMORY_BYTES = 128 * 2**20  # of their decoded media


class FeatureMemory:
    """The features of the contents seen last.

    A content is known by its text and by the very objects that hold its media:
    uploads are decoded once and shared.
    """

    def __init__(self, size: int = MEMORY) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, tuple[Content, Features]] = OrderedDict()

    def get(self, content: Content, embedder: Embedder) -> Features:
        """Features of one post, encoded when they are not known."""
        key = (content.text, id(content.image), id(content.audio), embedder.bundle.name)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][1]
        made = embedder.features([content])[0]
        with self._lock:
            # The content is kept too: an id says nothing once its object is gone.
            self._kept[key] = (content, made)
            while len(self._kept) > 1 and (
                len(self._kept) > self._size
                or sum(content.nbytes for content, _ in self._kept.values()) > MEMORY_BYTES
            ):
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
