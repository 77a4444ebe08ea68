"""What is spent for a request is counted where it is asked for."""

from __future__ import annotations

import pytest

from backend.core.meter import metered, spend
from backend.core.scheduler import FairScheduler
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


def test_decoding_counts_what_it_took() -> None:
    picture = samples.image("PNG", samples.corners(3_000, 3_000))
    with metered() as meter:
        read_untrusted(picture)
    assert 0 < meter.seconds < 6
    with metered() as meter, pytest.raises(MediaError):
        read_untrusted(b"\xff\xd8" + b"\xff" * 6_000_000, Limits(decode_seconds=0.3))
    assert meter.seconds == 0.3
