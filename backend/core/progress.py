"""How long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the steps done and the number of all steps."""

Steps = Callable[[str], Progress]
"""Called with the name of a part of the work as it begins; returns how that part reports."""


def unheard(part: str) -> Progress:
    """Report nothing of any part."""
    return lambda done, total: None


class Tally:
    """Counts steps one by one, from zero to all of them.

    Parameters
    ----------
    total : int
    progress : callable, optional
        Called once before the first step, and after each.

    Examples
    --------
    >>> step = Tally(2, print)
    0 2
    >>> step()
    1 2
    """

    def __init__(self, total: int, progress: Progress | None = None) -> None:
        self._done, self._total, self._progress = 0, total, progress
        self._report()

    def __call__(self, steps: int = 1) -> None:
        """Count what was done."""
        self._done += steps
        if steps:
            self._report()

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self._done, self._total)


def about(seconds: float) -> str:
    """Return a time that work takes, as people say it.

    Examples
    --------
    >>> about(3.2), about(75), about(1_020), about(23_000)
    ('a few seconds', '75 seconds', '17 minutes', '6.4 hours')
    """
    if seconds < 5:
        return "a few seconds"
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3_600:,.1f} hours"
