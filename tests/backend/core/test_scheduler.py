"""Nobody waits for all that somebody else has asked for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import chain

import pytest

from backend.core.scheduler import BACKGROUND, OVERTAKEN, TURN_SECONDS, FairScheduler
from backend.core.visitors import as_visitor
from backend.domain import KindredError
from tests.waiting import PATIENCE, until


def ask(turns: FairScheduler, who: str, times: int, order: list[str], hold: float = 0.005) -> None:
    for _ in range(times):
        with as_visitor(who), turns.turn():
            order.append(who)
            time.sleep(hold)


def waiting(turns: FairScheduler) -> int:
    """How many have asked and have no turn yet."""
    return sum(map(len, turns._queues.values()))


def queue_up(turns: FairScheduler, threads: list[threading.Thread]) -> None:
    """Let threads ask while somebody has the turn, one after the other, and await their answers."""
    with as_visitor("first"), turns.turn():
        for number, thread in enumerate(threads, 1):
            thread.start()
            until(lambda number=number: waiting(turns) == number)
    for thread in threads:
        thread.join()


def test_one_turn_at_a_time_and_each_in_a_circle() -> None:
    turns, order = FairScheduler(0), []
    asked = [("greedy", 12)] * 4 + [("modest", 1)] * 3
    queue_up(turns, [threading.Thread(target=ask, args=(turns, *a, order)) for a in asked])
    assert Counter(order) == {"greedy": 48, "modest": 3}
    # No more than one of the other's turns before each of one's own.
    assert all(order[: 2 * n].count("modest") >= n for n in (1, 2, 3)), order


def test_who_has_had_little_comes_before_those_who_have_had_much() -> None:
    """Eight ask for dear turns without end; a search waits for one of them, not for eight."""
    turns, order = FairScheduler(0), list[str]()
    over, go_on = threading.Event(), threading.Semaphore(0)

    def keep_asking(who: str) -> None:
        while not over.is_set():
            with as_visitor(who), turns.turn(1.0):
                order.append(who)
                go_on.acquire()

    threads = [threading.Thread(target=keep_asking, args=(f"greedy{n}",)) for n in range(8)]
    with as_visitor("first"), turns.turn():
        for thread in threads:
            thread.start()
        until(lambda: waiting(turns) == 8)
    for had in range(1, 17):
        until(lambda had=had: (len(order), waiting(turns)) == (had, 7))
        go_on.release()
    assert len(set(order[:8])) == 8  # each of the eight had its turn
    for had in (17, 19, 21):
        until(lambda had=had: (len(order), waiting(turns)) == (had, 7))
        modest = threading.Thread(target=ask, args=(turns, "modest", 1, order, 0))
        modest.start()
        until(lambda: waiting(turns) == 8)
        go_on.release()
        modest.join()
        assert order[had] == "modest", order[had:]
    over.set()
    go_on.release(9)
    for thread in threads:
        thread.join()


def test_background_work_comes_last() -> None:
    turns, order = FairScheduler(0), []
    asked = (BACKGROUND, "anna", "bob")
    queue_up(turns, [threading.Thread(target=ask, args=(turns, who, 1, order)) for who in asked])
    assert order == ["anna", "bob", BACKGROUND]


def test_a_turn_inside_a_turn_is_the_same() -> None:
    turns = FairScheduler(0)
    with turns.turn(), turns.turn():
        pass
    with turns.turn():
        pass


def test_a_turn_ends_with_a_failure() -> None:
    turns = FairScheduler(0)
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    with turns.turn():
        pass


def test_too_many_in_a_minute_are_refused_to_one_only() -> None:
    turns: FairScheduler = FairScheduler(5)
    ask(turns, "greedy", 5, [], 0)
    with pytest.raises(KindredError) as error:
        ask(turns, "greedy", 1, [], 0)
    assert error.value.code == "too_many" and "5 encodings" in error.value.message
    ask(turns, "modest", 5, [], 0)
    ask(turns, BACKGROUND, 20, [], 0)
    ask(turns, "", 20, [], 0)


def test_a_costly_encoding_counts_as_several() -> None:
    turns = FairScheduler(20)
    with as_visitor("greedy"):
        turns.batched("key", [1], list, 8, 1.5)
        turns.batched("key", [1], list, 8, 0.01)
        with pytest.raises(KindredError) as error:
            turns.batched("key", [1], list, 8, 0.5)
        assert error.value.code == "too_many" and 1 <= (error.value.retry_after or 0) <= 60
        turns.batched("key", [1], list, 8, 0.4)
    with as_visitor("modest"), turns.turn(99):  # over the limit alone: once a minute
        pass


def together(
    turns: FairScheduler, who: str, items: list[int], batches: list[list[int]], key: object
) -> list:
    def work(some: list[int]) -> list[int]:
        batches.append(some)
        if -1 in some:
            raise ZeroDivisionError
        return [2 * item for item in some]

    with as_visitor(who):
        return list(turns.batched(key, items, work, 4))


def at_once(turns: FairScheduler, asked: dict[str, list[int]], keys: dict[str, object]) -> tuple:
    """What visitors get who ask while somebody has the turn, and the batches made."""
    batches: list[list[int]] = []
    got: dict[str, object] = {}

    def ask_one(who: str) -> None:
        try:
            got[who] = together(turns, who, asked[who], batches, keys[who])
        except ZeroDivisionError:
            got[who] = "failed"

    queue_up(turns, [threading.Thread(target=ask_one, args=(who,)) for who in asked])
    return got, batches


def test_who_waits_for_the_same_goes_along() -> None:
    one, other = object(), object()
    asked = {"a": [1], "b": [2], "c": [3], "d": [4, 5], "e": [6], BACKGROUND: [7]}
    keys = dict.fromkeys(asked, one) | {"b": other}
    got, batches = at_once(FairScheduler(0, cores=1), asked, keys)
    assert got == {who: [2 * item for item in items] for who, items in asked.items()}
    # At most four together, nobody else's kind of work, background work on its own.
    assert batches == [[1, 3, 4, 5], [2], [6], [7]]


def test_a_batch_takes_along_what_its_time_allows() -> None:
    turns, batches = FairScheduler(0, cores=2), list[list[str]]()
    price = {"a": 0.6, "b": 0.6, "c": 0.3, "d": 0.2}
    room = 2 * TURN_SECONDS

    def work(some: list[str]) -> list[str]:
        batches.append(some)
        return some

    def ask_one(who: str) -> None:
        with as_visitor(who):
            assert turns.batched("key", [who], work, 8, price[who] * room) == [who]

    queue_up(turns, [threading.Thread(target=ask_one, args=(who,)) for who in price])
    assert batches[0] == ["d", "c"] and sorted(chain(*batches)) == ["a", "b", "c", "d"]


def test_long_texts_leave_a_core_to_those_who_ask_for_little() -> None:
    turns, begun, go_on = FairScheduler(0, cores=2), list[str](), threading.Event()

    def ask_for(who: str, seconds: float) -> threading.Thread:
        def work(some: list[str]) -> list[str]:
            begun.extend(some)
            if who.startswith("long"):
                until(go_on.is_set)
            return some

        def ask() -> None:
            with as_visitor(who):
                turns.batched(who, [who], work, 8, seconds)

        thread = threading.Thread(target=ask)
        thread.start()
        return thread

    threads = [ask_for("long", 2.0), ask_for("long, too", 2.0)]
    until(lambda: len(begun) == 1 and waiting(turns) == 1)
    for who in ("search", "another"):
        thread = ask_for(who, 0.01)
        until(lambda who=who: begun[-1] == who)
        thread.join()
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(begun) == 4 and begun[-1].startswith("long")


def test_a_single_item_leaves_the_other_cores_to_others() -> None:
    """A search runs beside what somebody else asked for; what needs every core waits for both."""
    turns, begun, go_on = FairScheduler(0, cores=2), list[str](), threading.Event()

    def work(some: list[str]) -> list[str]:
        begun.extend(some)
        until(go_on.is_set)
        return some

    def ask_one(who: str) -> None:
        with as_visitor(who):
            turns.batched(who, [who], work, 8, 0.1)

    def ask_for_all() -> None:
        with as_visitor("picture and text"), turns.turn(0.1):
            begun.append("all")

    threads = [threading.Thread(target=ask_one, args=(who,)) for who in "ab"]
    threads += [threading.Thread(target=ask_for_all), threading.Thread(target=ask_one, args="c")]
    for number, thread in enumerate(threads, 1):
        thread.start()
        until(lambda number=number: len(begun) + waiting(turns) == number)
    assert begun == ["a", "b"]
    go_on.set()
    for thread in threads:
        thread.join()
    assert begun == ["a", "b", "all", "c"]


def test_who_needs_every_core_is_overtaken_only_for_a_while() -> None:
    turns, begun = FairScheduler(0, cores=2), list[str]()
    ends = {who: threading.Event() for who in ("a", "b", "c")}

    def ask_one(who: str) -> None:
        def work(some: list[str]) -> list[str]:
            begun.extend(some)
            until(ends[who].is_set)
            return some

        with as_visitor(who):
            turns.batched(who, [who], work, 8, 0.01)

    def ask_for_all() -> None:
        with as_visitor("picture and text"), turns.turn(1.0):
            begun.append("all")

    def start(target: Callable[..., None], *args: str) -> threading.Thread:
        thread = threading.Thread(target=target, args=args)
        thread.start()
        return thread

    threads = [start(ask_one, "a")]
    until(lambda: begun == ["a"])
    threads.append(start(ask_for_all))
    until(lambda: waiting(turns) == 1)
    threads.append(start(ask_one, "b"))
    until(lambda: begun == ["a", "b"])  # it costs less
    time.sleep(OVERTAKEN)
    ends["b"].set()
    until(lambda: turns._held is not None)
    threads.append(start(ask_one, "c"))
    until(lambda: waiting(turns) == 2)
    ends["a"].set()
    until(lambda: len(begun) == 4)
    ends["c"].set()
    for thread in threads:
        thread.join()
    assert begun == ["a", "b", "all", "c"]


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_a_failure_is_only_for_whom_it_belongs_to(cores: int) -> None:
    key = object()
    asked = {"a": [1], "b": [-1], "c": [3]}
    got, _ = at_once(FairScheduler(0, cores=cores), asked, dict.fromkeys(asked, key))
    assert got == {"a": [2], "b": "failed", "c": [6]}


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_many_at_once_all_get_their_own(cores: int) -> None:
    turns, key, batches = FairScheduler(0, cores=cores), object(), list[list[int]]()
    got: dict[int, list] = {}

    def ask_one(i: int) -> None:
        def work(some: list[int]) -> list[int]:
            batches.append(some)
            return [2 * item for item in some]

        with as_visitor(f"visitor{i % 5}"):
            got[i] = [turns.batched(key, [i, -j], work, 8)[0] for j in range(6)]

    queue_up(turns, [threading.Thread(target=ask_one, args=(i,)) for i in range(1, 17)])
    assert got == {i: [2 * i] * 6 for i in range(1, 17)}
    assert len(batches) < 16 * 6 and max(map(len, batches)) == 8


def test_a_turn_can_be_shared_out_among_threads() -> None:
    turns = FairScheduler(0)
    others: list[int] = []
    with turns.turn(), ThreadPoolExecutor(2) as pool:
        other = threading.Thread(target=lambda: others.extend(turns.batched("a", [9], list, 4)))
        other.start()

        def mine(n: int) -> list[int]:
            return list(turns.batched("a", [n], list, 4))

        begun = [pool.submit(copy_context().run, mine, n) for n in range(2)]
        assert [one.result(PATIENCE) for one in begun] == [[0], [1]]
        assert not others  # who has no part in it waits
    other.join()
    assert others == [9]
