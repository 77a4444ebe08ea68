"""Steps beside each other: nothing lost, nothing out of order, nothing hidden."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from contextvars import ContextVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.prefetch import prefetch
from tests.waiting import PATIENCE


@given(st.lists(st.integers()))
def test_the_same_items_in_order(items: list[int]) -> None:
    assert list(prefetch(iter(items))) == items


def test_one_is_made_while_the_last_is_used() -> None:
    begun = [threading.Event() for _ in range(4)]

    def slow() -> Iterator[int]:
        for n, event in enumerate(begun):
            event.set()
            yield n

    for n in prefetch(slow()):
        if n + 1 < len(begun):
            assert begun[n + 1].wait(PATIENCE)
        assert not any(event.is_set() for event in begun[n + 2 :])


def test_what_goes_wrong_is_raised_where_it_is_used() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("full")

    found = prefetch(broken())
    assert next(found) == 1
    with pytest.raises(OSError, match="full"):
        next(found)


def test_who_stops_leaves_no_thread_behind() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    before = set(threading.enumerate())
    with closing(prefetch(endless())) as found:
        next(found)
    assert set(threading.enumerate()) <= before


def test_it_works_for_whom_this_thread_works() -> None:
    who: ContextVar[str] = ContextVar("who", default="nobody")
    who.set("import")
    assert list(prefetch(who.get() for _ in range(2))) == ["import"] * 2
