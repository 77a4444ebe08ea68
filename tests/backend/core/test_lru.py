from __future__ import annotations

import threading
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.lru import LRU
from tests.waiting import PATIENCE

STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "get", "peek", "pop"]), st.integers(0, 6), st.integers(0, 9))
)


@given(st.integers(1, 4) | st.none(), st.integers(0, 20) | st.none(), STEPS)
def test_cache_agrees_with_a_plain_model(
    max_items: int | None, max_bytes: int | None, steps: list[tuple[str, int, int]]
) -> None:
    cache: LRU[int, int] = LRU(max_items, max_bytes=max_bytes, size_of=lambda value: value)
    model: OrderedDict[int, int] = OrderedDict()
    for action, key, value in steps:
        if action == "put":
            cache.put(key, value)
            model[key] = value
            model.move_to_end(key)
            while len(model) > 1 and (
                (max_items is not None and len(model) > max_items)
                or (max_bytes is not None and sum(model.values()) > max_bytes)
            ):
                model.popitem(last=False)
        elif action == "get":
            assert cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
        elif action == "peek":
            assert cache.peek(key) == model.get(key)
        else:
            assert cache.pop(key) == model.pop(key, None)
        assert len(cache) == len(model)
        assert all((key in cache) == (key in model) for key in range(7))


def test_reading_renews_and_peeking_does_not() -> None:
    cache: LRU[str, int] = LRU(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert "a" in cache
    assert "b" not in cache
    assert cache.peek("a") == 1
    cache.put("d", 4)
    assert "a" not in cache


def test_newest_item_stays_even_when_too_large() -> None:
    cache: LRU[str, bytes] = LRU(max_bytes=4, size_of=len)
    cache.put("small", b"12")
    cache.put("large", b"123456")
    assert cache.get("large") == b"123456"
    assert "small" not in cache
    cache.put("next", b"1")
    assert "large" not in cache
    cache.put("more", b"123")  # the size of what was dropped no longer counts
    assert len(cache) == 2
    cache.clear()
    assert len(cache) == 0


def test_bytes_need_a_size() -> None:
    with pytest.raises(ValueError, match="size_of"):
        LRU(max_bytes=1)


def test_failed_make_caches_nothing() -> None:
    cache: LRU[str, int] = LRU(2)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_make("a", lambda: 1 // 0)
    assert "a" not in cache
    assert cache.get_or_make("a", lambda: 1) == 1


def test_make_may_use_the_cache() -> None:
    cache: LRU[str, int] = LRU(2)
    assert cache.get_or_make("a", lambda: cache.get_or_make("b", lambda: 1) + 1) == 2
    assert cache.get("b") == 1


def test_value_is_made_once_by_many_threads() -> None:
    cache: LRU[str, object] = LRU(2)
    made: list[object] = []
    ready = threading.Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask() -> None:
        ready.wait()
        assert cache.get_or_make("a", make) is made[0]

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_value_that_takes_long_keeps_only_its_own_key_waiting() -> None:
    cache: LRU[str, str] = LRU(4)
    begun, go = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        go.wait(PATIENCE)
        return "slow"

    maker = threading.Thread(target=cache.get_or_make, args=("a", slow))
    maker.start()
    begun.wait(PATIENCE)
    assert cache.get_or_make("b", lambda: "quick") == "quick"
    assert cache.get("a") is None
    cache.put("c", "more")
    assert cache.pop("c") == "more" and len(cache) == 1
    go.set()
    maker.join()
    assert cache.get_or_make("a", lambda: "again") == "slow"
    assert not cache._makers  # no lock is left of keys that nobody makes


def test_an_outdated_value_is_made_again_and_none_is_a_value() -> None:
    cache: LRU[str, int | None] = LRU(2)
    assert cache.get_or_make("a", lambda: 1) == 1
    assert cache.get_or_make("a", lambda: 2, is_current=lambda value: value == 1) == 1
    assert cache.get_or_make("a", lambda: None, is_current=lambda value: False) is None
    assert cache.get_or_make("a", lambda: 3) is None


def test_what_is_evicted_while_it_is_made_does_not_stay() -> None:
    """A corpus is deleted while somebody opens it."""
    cache: LRU[str, str] = LRU()
    begun, go = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        go.wait(PATIENCE)
        return "of the deleted corpus"

    maker = threading.Thread(target=cache.get_or_make, args=("a", slow))
    evicter = threading.Thread(target=cache.evict, args=("a",))
    maker.start()
    begun.wait(PATIENCE)
    evicter.start()
    go.set()
    for thread in (maker, evicter):
        thread.join()
    assert "a" not in cache
