"""Nobody waits for all that somebody else has asked for."""

from __future__ import annotations

import threading
import time

import pytest

from backend.posts import KindredError
from backend.turns import BACKGROUND, Turns, asking


def ask(turns: Turns, who: str, times: int, order: list[str], hold: float = 0.005) -> None:
    for _ in range(times):
        with asking(who), turns.turn():
            order.append(who)
            time.sleep(hold)


def test_one_turn_at_a_time_and_each_in_a_circle() -> None:
    turns, order = Turns(0), []
    threads = [threading.Thread(target=ask, args=(turns, "greedy", 12, order)) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.03)
    started = len(order)
    ask(turns, "modest", 3, order)
    waited = len(order) - started
    for thread in threads:
        thread.join()
    # Three turns of one's own, and about one of the other's between two of them.
    assert waited <= 3 + 5
    assert order.count("greedy") == 48


def test_background_work_comes_last() -> None:
    turns, order = Turns(0), []
    with asking("first"), turns.turn():
        threads = [
            threading.Thread(target=ask, args=(turns, who, 1, order))
            for who in (BACKGROUND, "anna", "bob")
        ]
        for thread in threads:
            thread.start()
            time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert order == ["anna", "bob", BACKGROUND]


def test_a_turn_inside_a_turn_is_the_same() -> None:
    turns = Turns(0)
    with turns.turn(), turns.turn():
        pass
    with turns.turn():
        pass


def test_a_turn_ends_with_a_failure() -> None:
    turns = Turns(0)
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    with turns.turn():
        pass


def test_too_many_in_a_minute_are_refused_to_one_only() -> None:
    turns: Turns = Turns(5)
    ask(turns, "greedy", 5, [], 0)
    with pytest.raises(KindredError) as error:
        ask(turns, "greedy", 1, [], 0)
    assert error.value.code == "too_many" and "5 encodings" in error.value.message
    ask(turns, "modest", 5, [], 0)
    ask(turns, BACKGROUND, 20, [], 0)
    ask(turns, "", 20, [], 0)
