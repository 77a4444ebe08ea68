"""Wait for what another thread, process or server does, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

# Seconds. Only a failure ever takes as long: both cores may be busy with something else.
PATIENCE = 600.0


def until(met: Callable[[], object], state: Callable[[], object] = lambda: "") -> None:
    """Wait until a condition is met; fail with the last state when it never is."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, f"not met in {PATIENCE:.0f} seconds: {state()}"
        time.sleep(0.02)
