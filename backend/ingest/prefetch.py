"""Steps of an import beside each other: a chunk is read while another is encoded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items, each made while the one before is used.

    Parameters
    ----------
    items : iterator
        Asked in one other thread, never by two at a time; what it raises is
        raised here.
    """
    end: Any = object()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:

        def ask() -> Future[T]:
            return pool.submit(copy_context().run, lambda: next(items, end))

        asked = ask()
        while (item := asked.result()) is not end:
            asked = ask()
            yield item
