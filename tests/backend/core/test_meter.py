"""What is spent for a request is counted where it is asked for."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Thread

import pytest

from backend.core.meter import metered, spend
from backend.core.scheduler import FairScheduler
from backend.core.threads import parallel_map
from backend.core.visitors import as_visitor
from backend.media import MediaError, read_untrusted
from backend.settings import Limits
from tests.backend.media import samples
from tests.waiting import until


def test_a_meter_counts_in_its_block_only() -> None:
    spend(1.0)
    with metered() as outer:
        spend(2.0)
        with metered() as inner:
            spend(4.0)
        spend(8.0)
    spend(16.0)
    assert (outer.seconds, inner.seconds) == (10.0, 4.0)


def test_turns_and_batches_count_what_they_may_take_once() -> None:
    turns = FairScheduler(0)
    with metered() as meter:
        with turns.turn(0.5):
            turns.batched("key", [1], list, 8, 0.25)  # a part of the same turn
        turns.batched("key", [1], list, 8, 0.25)
    assert meter.seconds == 0.75


def test_work_that_takes_longer_than_estimated_counts_as_long_as_it_took() -> None:
    def work(items: list[int]) -> list[int]:
        return parallel_map(busy, items)

    turns = FairScheduler(0)
    with metered() as batch:
        turns.batched("key", [1, 2], work, 8, 0.01)
    with metered() as turn, turns.turn(0.01):
        turns.batched("key", [1, 2], work, 8, 0.01)
    for meter in (batch, turn):
        assert 0.1 <= meter.seconds < 0.19  # and not twice that


def test_a_batch_that_fails_counts_once_what_the_second_try_took() -> None:
    def work(items: list[int]) -> list[int]:
        if -1 in items:
            raise ZeroDivisionError
        return parallel_map(busy, items)

    turns, spent = FairScheduler(0, cores=1), dict[int, float]()

    def ask(item: int) -> None:
        with as_visitor(str(item)), metered() as meter, suppress(ZeroDivisionError):
            turns.batched("key", [item], work, 8, 0.01)
        spent[item] = meter.seconds

    threads = [Thread(target=ask, args=(item,)) for item in (1, -1)]
    with turns.turn():
        for thread in threads:
            thread.start()
        until(lambda: sum(map(len, turns._queues.values())) == 2)
    for thread in threads:
        thread.join()
    assert 0.05 <= spent[1] < 0.095 and spent[-1] == 0.01


def busy(item: int) -> int:
    """Work for a twentieth of a second of the processor."""
    start = time.thread_time()
    while time.thread_time() - start < 0.05:
        pass
    return item


def test_decoding_counts_what_it_took() -> None:
    picture = samples.image("PNG", samples.corners(3_000, 3_000))
    with metered() as meter:
        read_untrusted(picture)
    assert 0 < meter.seconds < 6
    with metered() as meter, pytest.raises(MediaError):
        read_untrusted(b"\xff\xd8" + b"\xff" * 6_000_000, Limits(decode_seconds=0.3))
    assert meter.seconds == 0.3
