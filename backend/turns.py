"""Taking turns at the encoders: everyone gets one after the other, however much some ask.

Each visitor has a queue of their own and the queues are served in a circle, so
that one who asks for a thousand encodings makes others wait for one. Who asks
is said once for a thread with `asking`; whoever does not say is one visitor
without a limit: the command line, a training.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from backend.posts import KindredError
from backend.settings import settings

BACKGROUND = "background"  # imports: no limit, and last when others wait
WAITING = 16  # turns that one visitor may wait for at a time
PATIENCE = 60.0  # seconds
_MINUTE = 60.0

_who: ContextVar[str] = ContextVar("who", default="")


def ask_as(visitor: str) -> None:
    """Say who asks from now on in this thread."""
    _who.set(visitor)


@contextmanager
def asking(visitor: str) -> Iterator[None]:
    """Say who asks inside the block."""
    before = _who.set(visitor)
    try:
        yield
    finally:
        _who.reset(before)


class Turns:
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
        self._queues: OrderedDict[str, deque[object]] = OrderedDict()
        self._busy = False
        self._had: dict[str, deque[float]] = {}
        self._inside = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and have it; inside of one, it is the same turn.

        Raises
        ------
        KindredError
            ``too_many`` for more than the limit in a minute, ``busy`` when
            there is no turn in a long time.
        """
        if getattr(self._inside, "have", False):
            yield
            return
        self._wait(_who.get())
        self._inside.have = True
        try:
            yield
        finally:
            self._inside.have = False
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _wait(self, who: str) -> None:
        ticket = object()
        end = time.monotonic() + (PATIENCE if who not in ("", BACKGROUND) else 3600.0)
        with self._changed:
            self._count(who)
            queue = self._queues.setdefault(who, deque())
            if len(queue) >= WAITING and who not in ("", BACKGROUND):
                raise KindredError("busy", "You have asked for much at once; wait for an answer.")
            queue.append(ticket)
            try:
                while self._busy or self._next() is not ticket:
                    if not self._changed.wait(timeout=max(0.0, end - time.monotonic())):
                        raise KindredError(
                            "busy", "Many people are asking at the moment; try again in a minute."
                        )
                self._busy = True
            finally:
                queue.remove(ticket)
                if not queue:
                    self._queues.pop(who, None)
                elif self._busy:
                    self._queues.move_to_end(who)  # the others first
                self._changed.notify_all()

    def _next(self) -> object:
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


TURNS = Turns()
