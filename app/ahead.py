"""What the first visitor would wait for, loaded while their browser still fetches the page."""

from __future__ import annotations

import gc
from contextlib import suppress
from importlib import import_module
from threading import Thread

import backend
from backend.posts import KindredError

# What Overview needs, the slowest first; no models.
MODULES = ("lancedb", "pandas", "plotly.graph_objects", "backend.workspace", "backend.overview")


def begin() -> None:
    """Load it, and open the corpus once, beside the server's own start."""
    Thread(target=_load, daemon=True).start()


def _load() -> None:
    # All of it stays: looking for garbage in it takes a quarter of the time.
    gc.disable()
    try:
        for name in MODULES:
            import_module(name)
    finally:
        gc.enable()
    # The shipped corpus is copied to a new workspace; what is wrong with it, the page says.
    with suppress(KindredError, OSError):
        backend.open_workspace().overview(None)
