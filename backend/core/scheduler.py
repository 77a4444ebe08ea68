"""Fair turns at the encoders, and batches of several visitors' requests.

Each visitor has a queue. Next is the one who will have had least of the encoders' time after it
(weighted fair queueing, whose clock is the start of the turn that runs): eight visitors with long
texts delay a search by the rest of one turn, not by a turn of each. Requests that wait for the
same encoder are served in one turn: a sentence each of eight visitors is one batch of eight, which
uses every core. A single text or picture uses one core, so that another turn can run beside it.
Long texts leave one core to others: a search does not wait until they are encoded. A post of
several modalities takes one turn, in which its encoders share the cores.

`backend.core.visitors` names the visitor of a request. Requests without one, such as those
of the command line and of trainings, share a queue without a limit.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from math import ceil
from typing import Any, TypeVar

from backend.core.meter import metered, spend
from backend.core.threads import threads
from backend.core.visitors import current_visitor
from backend.domain import KindredError
from backend.settings import settings

BACKGROUND = "background"  # imports: no limit, served when no visitor waits
WAITING = 16  # requests that one visitor may have in the queue
PATIENCE = 60.0  # seconds
OVERTAKEN = 1.0  # seconds for which others may begin before one who waits for more cores
TURN_SECONDS = 0.5  # of every core, in a turn of several items
COUNTED_SECONDS = 0.1  # of a core: what counts as one encoding against a visitor's limit
_MINUTE = 60.0

T = TypeVar("T")
R = TypeVar("R")

# The schedulers whose turn this context has; threads that copy the context share the turn.
_inside: ContextVar[tuple[FairScheduler, ...]] = ContextVar("inside", default=())


def turn_seconds() -> float:
    """Return the seconds of one core that a turn of several items may take."""
    return TURN_SECONDS * threads()


class _Ticket:
    """A place in the queue; another request's turn may also serve its items."""

    def __init__(
        self,
        key: object = None,
        items: Sequence[Any] = (),
        seconds: float = 0.0,
        most: int = 0,
        cores: int = 1,
    ) -> None:
        self.key, self.items, self.seconds, self.most = key, items, seconds, most
        self.cores = cores  # that it needs; once its turn runs, that it has
        self.next_since: float | None = None  # since when it waits only for cores
        self.others: list[_Ticket] = []  # that its turn also serves
        # What its visitor had had when it came, will have had afterwards, and how many came before.
        self.start, self.finish, self.number = 0.0, 0.0, 0
        self.spent = seconds  # what it cost, at least what was estimated
        self.results: Sequence[Any] | None = None
        self.taken = False  # another ticket's batch includes this one
        self.over = False  # that batch has finished

    def share(self, measured: float) -> None:
        """Share what a turn took among its tickets, by what each was estimated to take."""
        tickets = (self, *self.others)
        estimated = sum(ticket.seconds for ticket in tickets)
        if measured > estimated:
            for ticket in tickets:
                part = ticket.seconds / estimated if estimated else 1 / len(tickets)
                ticket.spent = part * measured


class FairScheduler:
    """Queues of visitors, who get equal shares of the time.

    Parameters
    ----------
    a_minute : int, optional
        Encodings per visitor and minute; by default the limit of the settings; 0 for no
        limit. A turn counts as many as it takes tenths of a second of a core.
    cores : int, optional
        To share; by default `threads`.
    """

    def __init__(self, a_minute: int | None = None, cores: int | None = None) -> None:
        self._a_minute = a_minute
        self._cores = cores
        self._changed = threading.Condition()
        self._queues: dict[str, deque[_Ticket]] = {}
        self._had: dict[str, float] = {}  # seconds, of those who have had more than `_now`
        self._now = 0.0  # what the visitor who has the turn had had before
        self._numbers = count(1)
        self._used = 0  # cores, by the turns that run
        self._held: _Ticket | None = None  # whom nobody may overtake any more
        self._turns: dict[str, deque[float]] = {}

    @contextmanager
    def turn(self, seconds: float = 0.0) -> Iterator[None]:
        """Wait for a turn, which lasts for the block; nested blocks are part of the same turn.

        Parameters
        ----------
        seconds : float
            Of one core, that it may take.

        Raises
        ------
        KindredError
            ``too_many`` above the limit per minute, ``busy`` when the wait takes too long.
        """
        if self in _inside.get():
            yield
            return
        ticket = _Ticket(seconds=seconds, cores=self._all_cores())
        self._wait(current_visitor(), ticket)
        before = _inside.set((*_inside.get(), self))
        try:
            with metered() as measured:
                yield
        finally:
            _inside.reset(before)
            self._end(ticket)
            spend(max(seconds, measured.seconds))

    def batched(
        self,
        key: object,
        items: Sequence[T],
        work: Callable[[list[T]], Sequence[R]],
        most: int,
        seconds: float = 0.0,
        cores: int = 1,
    ) -> Sequence[R]:
        """Work on items in one turn, in a batch with waiting items of other visitors.

        Parameters
        ----------
        key : object
            Only items with the same key share a batch.
        items : sequence
        work : callable
            Items -> one result each, which must not depend on the other items.
        most : int
            Most items in a batch.
        seconds : float
            Of one core, that the items may take together.
        cores : int
            That one item uses.

        Returns
        -------
        sequence
            The results of `items`.

        Raises
        ------
        KindredError
            As `turn`; also whatever `work` raises for these items.
        """
        if self in _inside.get():
            return work(list(items))
        wanted = min(cores * len(items), self._all_cores())
        ticket = _Ticket(key, items, seconds, most, wanted)
        if self._wait(current_visitor(), ticket):
            assert ticket.results is not None
            spend(ticket.spent)
            return ticket.results
        before = _inside.set((*_inside.get(), self))
        try:
            return self._work(ticket, work)
        finally:
            _inside.reset(before)
            self._end(ticket)
            spend(ticket.spent)

    def _work(self, ticket: _Ticket, work: Callable[[list[Any]], Sequence[R]]) -> Sequence[R]:
        """Work on a ticket and on those taken along, and note what each spent."""
        others, count = ticket.others, len(ticket.items)
        try:
            with metered() as measured:
                results = work([item for each in (ticket, *others) for item in each.items])
        except Exception:
            ticket.spent = max(ticket.seconds, measured.seconds)
            if not others:
                raise
            with metered() as measured:  # some item failed: each request on its own
                results = work(list(ticket.items))
            ticket.spent = max(ticket.seconds, measured.seconds)
            return results
        ticket.share(measured.seconds)
        start = count
        for other in others:
            other.results = results[start : start + len(other.items)]
            start += len(other.items)
        return results[:count]

    def count(self) -> None:
        """Count a request against the limit of the visitor, for work that needs no turn here.

        Raises
        ------
        KindredError
            ``too_many``.
        """
        with self._changed:
            self._count(current_visitor(), 0.0)

    def _all_cores(self) -> int:
        return self._cores or threads()

    def _end(self, ticket: _Ticket) -> None:
        with self._changed:
            self._used -= ticket.cores
            for other in ticket.others:
                other.over = True
            self._changed.notify_all()

    def _begin(self, ticket: _Ticket) -> None:
        """Begin the turn of a ticket, which is no longer in its queue."""
        self._now = max(self._now, ticket.start)
        if ticket.items:
            free = self._all_cores() - self._used
            ticket.others = self._take_along(ticket, free)
            ticket.cores = min(free, sum(each.cores for each in (ticket, *ticket.others)))
        self._used += ticket.cores

    def _take_along(self, first: _Ticket, cores: int) -> list[_Ticket]:
        """Take waiting tickets with the same key: the next one of each visitor in the circle."""
        taken: list[_Ticket] = []
        room, time_left = first.most - len(first.items), TURN_SECONDS * cores - first.seconds
        for who in self._circle():
            queue = self._queues[who]
            while (
                queue
                and queue[0].key is first.key
                and len(queue[0].items) <= room
                and queue[0].seconds <= time_left
            ):
                ticket = queue.popleft()
                ticket.taken = True
                taken.append(ticket)
                room -= len(ticket.items)
                time_left -= ticket.seconds
                if who:  # one each; unnamed requests may be of several visitors
                    break
            if not queue:
                del self._queues[who]
        return taken

    def _wait(self, who: str, ticket: _Ticket) -> bool:
        """Wait for a turn, and return whether another turn has done the work meanwhile."""
        end = time.monotonic() + (PATIENCE if who not in ("", BACKGROUND) else 3600.0)
        with self._changed:
            self._count(who, ticket.seconds)
            queue = self._queues.setdefault(who, deque())
            if len(queue) >= WAITING and who not in ("", BACKGROUND):
                message = "You have too many requests at once; wait for an answer first."
                raise KindredError("busy", message, retry_after=5)
            self._charge(who, ticket)
            queue.append(ticket)
            try:
                while not self._may_begin(ticket):
                    if ticket.over and ticket.results is not None:
                        return True
                    if ticket.over:  # the batch failed: queue again, to run on its own
                        ticket.taken = ticket.over = False
                        queue = self._queues.setdefault(who, deque())
                        queue.append(ticket)
                        continue
                    if not self._changed.wait(timeout=max(0.0, end - time.monotonic())):
                        message = "Too many people are using the encoders; try again in a minute."
                        raise KindredError("busy", message, retry_after=30)
            finally:
                if self._held is ticket:
                    self._held = None
                if not ticket.taken and not ticket.over:
                    queue.remove(ticket)
                    if not queue:
                        self._queues.pop(who, None)
                self._changed.notify_all()
            self._begin(ticket)
        return False

    def _may_begin(self, ticket: _Ticket) -> bool:
        """Whether it is the turn of a ticket, and the cores that it needs are free.

        One that needs more cores than are free is overtaken by others only for a while.
        """
        if ticket.taken or (self._held or self._next()) is not ticket:
            return False
        cores = self._all_cores()
        if ticket.cores == 1 and cores > 1 and ticket.seconds > TURN_SECONDS:
            cores -= 1  # a core stays for those who ask for little
        if self._used + ticket.cores <= cores:
            return True
        now = time.monotonic()
        ticket.next_since = now if ticket.next_since is None else ticket.next_since
        if now - ticket.next_since > OVERTAKEN:
            self._held = ticket
        return False

    def _next(self) -> _Ticket:
        """Return the next ticket: background work comes last."""
        who = next(iter(self._circle()), BACKGROUND)
        return self._queues[who][0]

    def _circle(self) -> list[str]:
        """Return the visitors who wait, the next one first."""

        def order(who: str) -> tuple[float, int]:
            first = self._queues[who][0]
            return first.finish, first.number

        return sorted((who for who in self._queues if who != BACKGROUND), key=order)

    def _charge(self, who: str, ticket: _Ticket) -> None:
        """Note what a visitor has had, and will have had after a ticket."""
        self._had = {w: had for w, had in self._had.items() if had > self._now}
        ticket.start, ticket.number = self._had.get(who, self._now), next(self._numbers)
        self._had[who] = ticket.finish = ticket.start + max(ticket.seconds, COUNTED_SECONDS)

    def _count(self, who: str, seconds: float) -> None:
        limit = settings().limits.encodings_a_minute if self._a_minute is None else self._a_minute
        if not limit or who in ("", BACKGROUND):
            return
        now = time.monotonic()
        self._turns = {n: t for n, t in self._turns.items() if t and now - t[-1] <= _MINUTE}
        turns = self._turns.setdefault(who, deque())
        while turns and now - turns[0] > _MINUTE:
            turns.popleft()
        price = min(limit, max(1, ceil(seconds / COUNTED_SECONDS)))
        if (over := len(turns) + price - limit) > 0:
            wait = ceil(_MINUTE - (now - turns[over - 1]))
            raise KindredError(
                "too_many",
                f"You have reached the limit of {limit} encodings per minute; wait {wait} s.",
                retry_after=wait,
            )
        turns.extend([now] * price)


ENCODER_SCHEDULER = FairScheduler()
