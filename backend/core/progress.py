"""How long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the steps done and the number of all steps."""


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
