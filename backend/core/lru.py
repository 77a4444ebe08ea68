"""A cache of the items used last, bounded by number and by size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Maker:
    """Whose turn it is to make a value; reentrant, because making one may ask for others."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    threads: int = 0  # that make it or wait


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
        self._makers: dict[K, _Maker] = {}
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

    def get_or_make(
        self,
        key: K,
        make: Callable[[], V],
        *,
        is_current: Callable[[V], bool] = lambda value: True,
    ) -> V:
        """Return a value, made now if it is not cached or `is_current` says no to it.

        Threads that ask for the same key wait meanwhile; those that ask for others do not.
        """
        with self._hold(key):
            with self._lock:
                cached = self._items.get(key)
                if cached is not None:
                    self._items.move_to_end(key)
            if cached is not None and is_current(cached[0]):
                return cached[0]
            value = make()
            self.put(key, value)
            return value

    def evict(self, key: K) -> None:
        """Remove a value; one that is being made now, too."""
        with self._hold(key):
            self.pop(key)

    @contextmanager
    def _hold(self, key: K) -> Iterator[None]:
        """Keep other threads from making the value of a key inside the block."""
        with self._lock:
            maker = self._makers.setdefault(key, _Maker())
            maker.threads += 1
        try:
            with maker.lock:
                yield
        finally:
            with self._lock:
                maker.threads -= 1
                if not maker.threads:
                    del self._makers[key]

    def values(self) -> list[V]:
        """Return the cached values, the one used longest ago first."""
        with self._lock:
            return [value for value, _ in self._items.values()]

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
