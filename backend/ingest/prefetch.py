"""Overlap the steps of an import: read one chunk while another is encoded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def prefetch(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield the same items, each computed while the one before is used.

    Parameters
    ----------
    items : iterator
        Advanced in one other thread; its exceptions are raised here.
    """
    end: Any = object()
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:

        def submit() -> Future[T]:
            return pool.submit(copy_context().run, lambda: next(items, end))

        pending = submit()
        while (item := pending.result()) is not end:
            pending = submit()
            yield item
