"""A cached property of objects that several threads use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, Self, TypeVar, overload

T = TypeVar("T")


class shared_property(cached_property[T]):
    """As `functools.cached_property`, computed once even when several threads ask at once.

    Since Python 3.12 that one has no lock.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        super().__init__(compute)
        self._computing = threading.RLock()

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | T:
        """Return the value, which is computed now unless the instance has it."""
        if instance is None:
            return self
        with self._computing:
            return super().__get__(instance, owner)
