"""A cache of the items used last, bounded by number and by size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LRU(Generic[K, V]):
    """The items used last. Safe to share between threads.

    Parameters
    ----------
    max_items : int, optional
    max_bytes : int, optional
        Of all items together. The newest item stays even when it alone is larger.
    size_of : callable, optional
        Bytes of a value, which must not change while it is kept; needed with `max_bytes`.
    """

    def __init__(
        self,
        max_items: int | None = None,
        *,
        max_bytes: int | None = None,
        size_of: Callable[[V], int] | None = None,
    ) -> None:
        if max_bytes is not None and size_of is None:
            raise ValueError("max_bytes needs size_of")
        self._max_items, self._max_bytes = max_items, max_bytes
        self._size_of = size_of or (lambda value: 0)
        self._lock = threading.RLock()
        self._items: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: K) -> bool:
        with self._lock:
            return key in self._items

    def get(self, key: K) -> V | None:
        """Return a value and mark it as used; None when it is not cached."""
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def peek(self, key: K) -> V | None:
        """Return a value without marking it as used; None when it is not cached."""
        with self._lock:
            value, _ = self._items.get(key, (None, 0))
            return value

    def put(self, key: K, value: V) -> None:
        """Cache a value as the newest and drop the oldest beyond the bounds."""
        with self._lock:
            self.pop(key)
            size = self._size_of(value)
            self._items[key] = value, size
            self._bytes += size
            while len(self._items) > 1 and self._is_over():
                self.pop(next(iter(self._items)))

    def get_or_make(self, key: K, make: Callable[[], V]) -> V:
        """Return a value, made now if it is not cached; other threads wait meanwhile."""
        with self._lock:
            if key not in self._items:
                value = make()
                self.put(key, value)
                return value
            self._items.move_to_end(key)
            return self._items[key][0]

    def pop(self, key: K) -> V | None:
        """Remove a value and return it; None when it is not cached."""
        with self._lock:
            value, size = self._items.pop(key, (None, 0))
            self._bytes -= size
            return value

    def clear(self) -> None:
        """Remove everything."""
        with self._lock:
            self._items.clear()
            self._bytes = 0

    def _is_over(self) -> bool:
        too_many = self._max_items is not None and len(self._items) > self._max_items
        too_large = self._max_bytes is not None and self._bytes > self._max_bytes
        return too_many or too_large
