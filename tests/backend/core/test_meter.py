"""What is spent for a request is counted where it is asked for."""

from __future__ import annotations

import time

import pytest

from backend.core.meter import metered, spend
from backend.core.scheduler import FairScheduler
from backend.core.threads import parallel_map
from backend.media import MediaError, read_untrusted
from backend.settings import Limits
from tests.backend.media import samples


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

    def busy(item: int) -> int:
        start = time.thread_time()
        while time.thread_time() - start < 0.05:
            pass
        return item

    turns = FairScheduler(0)
    with metered() as batch:
        turns.batched("key", [1, 2], work, 8, 0.01)
    with metered() as turn, turns.turn(0.01):
        turns.batched("key", [1, 2], work, 8, 0.01)
    for meter in (batch, turn):
        assert 0.1 <= meter.seconds < 0.3


def test_decoding_counts_what_it_took() -> None:
    picture = samples.image("PNG", samples.corners(3_000, 3_000))
    with metered() as meter:
        read_untrusted(picture)
    assert 0 < meter.seconds < 6
    with metered() as meter, pytest.raises(MediaError):
        read_untrusted(b"\xff\xd8" + b"\xff" * 6_000_000, Limits(decode_seconds=0.3))
    assert meter.seconds == 0.3
