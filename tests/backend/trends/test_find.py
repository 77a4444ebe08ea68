"""Planted bursts and drifts are found, and little else."""

from __future__ import annotations

import numpy as np
import pytest

from backend.trends import Steps
from backend.trends.find import ALL, find
from tests.backend.trends.generated import DAY, NAMES, Planted, planted

SEEDS = range(20)


@pytest.fixture(scope="module")
def answers() -> list[tuple[Planted, tuple, tuple]]:
    """What was planted, and what is found in it."""
    made = [planted(seed) for seed in SEEDS]
    return [(p, *find(p.seconds, p.labels, p.affect, NAMES)) for p in made]


def test_bursts_are_those_that_were_planted(answers: list[tuple[Planted, tuple, tuple]]) -> None:
    right = told = planted_ = caught = 0
    for truth, bursts, _ in answers:
        own = [b for b in bursts if b.group != ALL]
        hits = {(b.group, b.start): [t for g, t in truth.bursts if _meets(b, g, t)] for b in own}
        right += sum(bool(h) for h in hits.values())
        told += len(own)
        caught += len({t for h in hits.values() for t in h})
        planted_ += len(truth.bursts)
    assert right / told >= 0.8, (right, told)
    assert caught / planted_ >= 0.8, (caught, planted_)


def _meets(burst: object, group: int, at: int) -> bool:
    return burst.group == group and burst.start <= at + DAY and at <= burst.end  # type: ignore[attr-defined]


def test_the_drift_is_the_one_that_was_planted(
    answers: list[tuple[Planted, tuple, tuple]],
) -> None:
    right = told = caught = planted_ = 0
    for truth, _, changes in answers:
        own = [c for c in changes if c.group != ALL]
        hits = [
            any(c.group == g and abs(c.at - t) < 12 * DAY for g, t in truth.drifts)
            and c.shifts[0].name == "joy"
            for c in own
        ]
        right, told = right + sum(hits), told + len(own)
        caught, planted_ = caught + any(hits), planted_ + len(truth.drifts)
    assert right / told >= 0.8, (right, told)
    assert caught / planted_ >= 0.8, (caught, planted_)


def test_nothing_is_found_where_nothing_happens() -> None:
    rng = np.random.default_rng(0)
    found = 0
    for _ in SEEDS:
        seconds = np.sort(rng.integers(0, 90 * DAY, 2_000)).astype(np.int64)
        labels = rng.integers(-1, 10, 2_000)
        affect = rng.uniform(0, 1, (2_000, len(NAMES))).astype(np.float32)
        found += sum(map(len, find(seconds, labels, affect, NAMES)))
    assert found <= 2  # a false discovery now and then is what 5 % means


def test_all_posts_have_bursts_too() -> None:
    quiet = np.arange(0, 90 * DAY, DAY // 4)
    busy = 40 * DAY + np.arange(80) * 600
    seconds = np.sort(np.concatenate([quiet, busy])).astype(np.int64)
    labels = np.full(len(seconds), -1)
    affect = np.full((len(seconds), len(NAMES)), np.nan, dtype=np.float32)
    bursts, changes = find(seconds, labels, affect, NAMES)
    assert [b.group for b in bursts] == [ALL] and not changes
    assert bursts[0].start == 40 * DAY and bursts[0].posts >= 80
    assert 3 <= bursts[0].expected <= 5


def test_steps_follow_the_calendar() -> None:
    hours = Steps.covering(3_700, 40 * 3_600)
    assert (hours.unit, len(hours), hours.names()[0]) == ("hour", 40, "1970-01-01 01:00")
    weeks = Steps.covering(0, 3 * 365 * DAY)
    assert weeks.unit == "week" and weeks.names()[0] == "1969-12-29"  # a Monday
    months = Steps.covering(0, 12 * 365 * DAY)
    assert months.unit == "month" and months.names()[:2] == ["1970-01", "1970-02"]
    assert months.of(np.array([0, 31 * DAY - 1, 31 * DAY, -1])).tolist() == [0, 0, 1, -1]
