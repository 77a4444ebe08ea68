"""What the work for a request costs, in estimated or measured seconds of one core.

Seconds on the clock would say more of what else the machine does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Meter:
    """Counts.

    Attributes
    ----------
    seconds : float
        Of one core, so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0


_running: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Yield a meter of what is spent in the block."""
    meter = Meter()
    before = _running.set(meter)
    try:
        yield meter
    finally:
        _running.reset(before)


def spend(seconds: float) -> None:
    """Add to the meter of this context, if there is one."""
    if meter := _running.get():
        meter.seconds += seconds
