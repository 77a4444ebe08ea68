"""Taking turns at the encoders: everyone gets one after the other, however much some ask.

Whoever waits for the same encoder as the one whose turn it is goes along: eight
visitors with a sentence each are one batch of eight, which uses every core. A post
of several modalities has one turn, in which its encoders share the cores.

Each visitor has a queue of their own and the queues are served in a circle, so
that one who asks for a thousand encodings makes others wait for one. Who asks
is said with `as_visitor`; whoever does not say is one visitor without a limit:
the command line, a training.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from backend.domain import KindredError
from backend.settings import settings

BACKGROUND = "background"  # imports: no limit, and last when others wait
WAITING = 16  # turns that one visitor may wait for at a time
PATIENCE = 60.0  # seconds
_MINUTE = 60.0

T = TypeVar("T")
R = TypeVar("R")

_who: ContextVar[str] = ContextVar("who", default="")
# What has the turn; in the context, so that it may share its turn out among threads.
_inside: ContextVar[tuple[FairScheduler, ...]] = ContextVar("inside", default=())


def set_visitor(visitor: str) -> None:
    """Encode for a visitor from now on in this thread."""
    _who.set(visitor)


@contextmanager
def as_visitor(visitor: str) -> Iterator[None]:
    """Encode for a visitor inside the block."""
    before = _who.set(visitor)
    try:
        yield
    finally:
        _who.reset(before)


class _Ticket:
    """A place in the queue; with work in it, somebody else may do that work."""

    def __init__(self, key: object = None, items: Sequence[Any] = ()) -> None:
        self.key, self.items = key, items
        self.made: Sequence[Any] | None = None
        self.taken = self.over = False


class FairScheduler:
    """A queue that is fair among visitors.

    Parameters
    ----------
    a_minute : int, optional
        Turns that one visitor may have in a minute; those of the settings when
        not given, 0 for any number.
    """

    def __init__(self, a_minute: int | None = None) -> None:
        self._a_minute = a_minute
        self._changed = threading.Condition()
        self._queues: OrderedDict[str, deque[_Ticket]] = OrderedDict()
        self._busy = False
        self._had: dict[str, deque[float]] = {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and have it; inside of one, it is the same turn.

        Raises
        ------
        KindredError
            ``too_many`` for more than the limit in a minute, ``busy`` when
            there is no turn in a long time.
        """
        if self in _inside.get():
            yield
            return
        self._wait(_who.get(), _Ticket())
        before = _inside.set((*_inside.get(), self))
        try:
            yield
        finally:
            _inside.reset(before)
            self._over()

    def together(
        self, key: object, items: Sequence[T], work: Callable[[list[T]], Sequence[R]], most: int
    ) -> Sequence[R]:
        """Do some work in a turn, together with the same work of others who wait.

        Parameters
        ----------
        key : object
            What is worked with; only the same can be done together.
        items : sequence
        work : callable
            Items -> results, one for each, which do not depend on one another.
        most : int
            Items that are worked on at a time.

        Returns
        -------
        sequence
            The results of `items`.

        Raises
        ------
        KindredError
            As `turn`; besides, whatever `work` raises for these items.
        """
        if self in _inside.get():
            return work(list(items))
        ticket = _Ticket(key, items)
        if self._wait(_who.get(), ticket):
            assert ticket.made is not None
            return ticket.made
        along: list[_Ticket] = []
        before = _inside.set((*_inside.get(), self))
        try:
            along = self._along(ticket, most)
            made = work([item for some in (ticket, *along) for item in some.items])
            start = len(items)
            for other in along:
                other.made = made[start : start + len(other.items)]
                start += len(other.items)
            return made[: len(items)]
        except Exception:
            if not along:
                raise
            return work(list(items))  # one of them is to blame: each its own
        finally:
            _inside.reset(before)
            self._over(along)

    def allowed(self) -> None:
        """Count one against the limit of who asks, for work that needs no turn here.

        Raises
        ------
        KindredError
            ``too_many``.
        """
        with self._changed:
            self._count(_who.get())

    def _over(self, along: Sequence[_Ticket] = ()) -> None:
        with self._changed:
            self._busy = False
            for ticket in along:
                ticket.over = True
            self._changed.notify_all()

    def _along(self, first: _Ticket, most: int) -> list[_Ticket]:
        """Take the same work of others who wait, the next of each in the circle."""
        with self._changed:
            found: list[_Ticket] = []
            room = most - len(first.items)
            for who in [w for w in self._queues if w != BACKGROUND]:
                queue, before = self._queues[who], len(found)
                while queue and queue[0].key is first.key and len(queue[0].items) <= room:
                    ticket = queue.popleft()
                    ticket.taken = True
                    found.append(ticket)
                    room -= len(ticket.items)
                    if who:  # one each; who does not say may be many
                        break
                if not queue:
                    del self._queues[who]
                elif len(found) > before:
                    self._queues.move_to_end(who)
            return found

    def _wait(self, who: str, ticket: _Ticket) -> bool:
        """Wait for a turn; true when another one has done the work meanwhile."""
        end = time.monotonic() + (PATIENCE if who not in ("", BACKGROUND) else 3600.0)
        with self._changed:
            self._count(who)
            queue = self._queues.setdefault(who, deque())
            if len(queue) >= WAITING and who not in ("", BACKGROUND):
                raise KindredError("busy", "You have asked for much at once; wait for an answer.")
            queue.append(ticket)
            try:
                while ticket.taken or self._busy or self._next() is not ticket:
                    if ticket.over and ticket.made is not None:
                        return True
                    if ticket.over:  # it failed together with others: on its own, then
                        ticket.taken = ticket.over = False
                        queue = self._queues.setdefault(who, deque())
                        queue.append(ticket)
                        continue
                    if not self._changed.wait(timeout=max(0.0, end - time.monotonic())):
                        raise KindredError(
                            "busy", "Many people are asking at the moment; try again in a minute."
                        )
                self._busy = True
            finally:
                if not ticket.taken and not ticket.over:
                    queue.remove(ticket)
                    if not queue:
                        self._queues.pop(who, None)
                    elif self._busy:
                        self._queues.move_to_end(who)  # the others first
                self._changed.notify_all()
        return False

    def _next(self) -> _Ticket:
        """Whose turn it is: the first in the circle, background work last."""
        who = next((w for w in self._queues if w != BACKGROUND), BACKGROUND)
        return self._queues[who][0]

    def _count(self, who: str) -> None:
        limit = settings().limits.encodings_a_minute if self._a_minute is None else self._a_minute
        if not limit or who in ("", BACKGROUND):
            return
        now = time.monotonic()
        for name in [n for n, had in self._had.items() if not had or now - had[-1] > _MINUTE]:
            del self._had[name]
        had = self._had.setdefault(who, deque())
        while had and now - had[0] > _MINUTE:
            had.popleft()
        if len(had) >= limit:
            wait = _MINUTE - (now - had[0])
            raise KindredError(
                "too_many",
                f"You have asked for {limit} encodings in a minute, the limit; wait {wait:.0f} s.",
            )
        had.append(now)


TURNS = FairScheduler()
