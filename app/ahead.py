"""What the first visitor would wait for, loaded while their browser still fetches the page."""

from __future__ import annotations

from importlib import import_module
from threading import Thread

# What Overview needs, the slowest first; no models.
MODULES = ("lancedb", "pandas", "plotly.graph_objects", "backend.workspace", "backend.overview")


def begin() -> None:
    """Load it beside the server's own start."""
    Thread(target=lambda: [import_module(name) for name in MODULES], daemon=True).start()
