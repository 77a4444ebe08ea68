"""What the first visitor would wait for, made ready when the server starts.

The slowest libraries before the server says that it is healthy, so that nobody who is
sent to it then waits for them; the rest while the browser fetches the frame.
"""

from __future__ import annotations

import gc
from concurrent.futures import Future
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

import backend

if TYPE_CHECKING:
    from backend.workspace import Workspace

BEFORE = ("pandas", "lance_namespace")  # two thirds of what lancedb takes
MODULES = ("backend.workspace", "backend.overview")  # what Overview needs; no models
AFTERWARDS = ("plotly.graph_objects",)  # what other pages need

_opened: Future[Workspace] | None = None
_left = list(AFTERWARDS)


def begin() -> None:
    """Load what takes longest, and begin to open the workspace and count its corpus."""
    global _opened
    _load(BEFORE)
    _opened = Future()
    Thread(target=_open, args=(_opened,), daemon=True).start()


def workspace() -> Workspace:
    """The workspace that was opened ahead; opened now where none was, or it failed."""
    if _opened is not None and _opened.exception() is None:
        return _opened.result()
    return backend.open_workspace()


def go_on() -> None:
    """Load what other pages need, once a page has been drawn."""
    if _opened is not None and _left:
        names = tuple(_left)
        _left.clear()
        Thread(target=_load, args=(names,), daemon=True).start()


def _load(names: tuple[str, ...]) -> None:
    """Import modules, and keep them out of the collector's sight: all of it stays."""
    gc.disable()
    try:
        for name in names:
            import_module(name)
    finally:
        gc.freeze()  # else the first page waits until it has gone through all of it
        gc.enable()


def _open(opened: Future[Workspace]) -> None:
    try:
        _load(MODULES)
        found = backend.open_workspace()
        found.overview(None)  # the shipped corpus is copied to a new workspace
        opened.set_result(found)
    except Exception as error:  # the first page meets it again, and says so
        opened.set_exception(error)
