"""What the first visitor would wait for, made ready when the server starts.

The slowest libraries before the server says that it is healthy, so that nobody who is
sent to it then waits for them; the rest while the browser fetches the frame.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Lock, Thread
from typing import TYPE_CHECKING

import backend

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

log = logging.getLogger(__name__)

BEFORE = ("pandas", "lance_namespace")  # two thirds of what lancedb takes
# What Overview needs; no models.
MODULES = ("backend.workspace.workspace", "backend.workspace.overview")
AFTERWARDS = ("plotly.graph_objects",)  # what other pages need

_opened: Future[Workspace | None] | None = None
_left = list(AFTERWARDS)
_taking = Lock()


def begin() -> None:
    """Load what takes longest, and begin to open the workspace and count its corpus."""
    global _opened
    with _unseen():
        _load(BEFORE)
    _opened = Future()
    Thread(target=_open, args=(_opened,), daemon=True).start()


def workspace() -> Workspace:
    """The workspace that was opened ahead; opened now where none was, or it failed."""
    found = _opened.result() if _opened is not None else None
    return found if found is not None else backend.open_workspace()


def go_on() -> None:
    """Load what other pages need, once a page has been drawn."""
    with _taking:
        names = tuple(_left) if _opened is not None else ()
        if names:
            _left.clear()
    if names:
        Thread(target=_load, args=(names,), daemon=True).start()


@contextmanager
def _unseen() -> Iterator[None]:
    """Keep what is loaded at the start from the collector: it would take a quarter of the time.

    And the first page would wait until it had gone through all of it.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if before:
            gc.enable()


def _load(names: tuple[str, ...]) -> None:
    """Import modules; one that is missing is missed by who needs it."""
    for name in names:
        with suppress(ImportError):
            import_module(name)


def _open(opened: Future[Workspace | None]) -> None:
    found = None
    try:
        with _unseen():
            _load(MODULES)
        found = backend.open_workspace()
        found.corpus()  # the shipped one is copied to a new workspace
    except BaseException as error:  # of a library in Rust, too; the first page meets it again
        found = None
        log.warning("The workspace could not be opened ahead.", exc_info=error)
    finally:
        opened.set_result(found)
    if found is not None:
        with suppress(Exception):  # the page says why
            found.overview(None)
