"""Load what the first visitor would otherwise wait for when the server starts.

The slowest libraries are loaded before the server reports that it is healthy, the rest
while the browser fetches the frame.
"""

from __future__ import annotations

import atexit
import gc
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Lock, Thread
from typing import TYPE_CHECKING

import backend

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

log = logging.getLogger(__name__)

BEFORE = ("pandas", "backend.corpus.lance")
# What the page Overview needs; no models.
MODULES = ("backend.workspace.workspace", "backend.workspace.overview")
AFTERWARDS = ("plotly.graph_objects",)  # for other pages
EXIT_SECONDS = 10.0  # a process that ends while a thread is in a library's native code may crash

_opened: Future[Workspace | None] | None = None
_left = list(AFTERWARDS)
_lock = Lock()


def begin() -> None:
    """Load the slowest libraries; start to open the workspace and count its corpus."""
    global _opened
    with _without_gc():
        _load(BEFORE)
    _opened = Future()
    _start(_open, _opened)


def workspace() -> Workspace:
    """Return the workspace that was opened in advance, or open it now."""
    opened = _opened.result() if _opened is not None else None
    if opened is None:
        opened = backend.open_workspace()
        opened.falls_back = True
    return opened


def load_rest() -> None:
    """Load what other pages need, after the first page has been drawn."""
    with _lock:
        names = tuple(_left) if _opened is not None else ()
        if names:
            _left.clear()
    if names:
        _start(_load_rest, names)


@contextmanager
def _without_gc() -> Iterator[None]:
    """Keep the garbage collector off what is loaded at the start.

    It would take a quarter of the time, and the first page would wait for it.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if before:
            gc.enable()


def _start(work: Callable[..., None], *args: object) -> None:
    thread = Thread(target=work, args=args, daemon=True)
    thread.start()
    atexit.register(thread.join, EXIT_SECONDS)


def _load_rest(names: tuple[str, ...]) -> None:
    from backend.media.untrusted import warm_up

    _load(names)
    with suppress(Exception):  # the first upload shows why
        warm_up()


def _load(names: tuple[str, ...]) -> None:
    """Import modules; whoever needs a missing one gets the error."""
    for name in names:
        with suppress(ImportError):
            import_module(name)


def _open(opened: Future[Workspace | None]) -> None:
    ahead = None
    try:
        with _without_gc():
            _load(MODULES)
        ahead = backend.open_workspace()
        ahead.falls_back = True
        ahead.corpus()  # copies the shipped corpus to a new workspace
    except BaseException as error:  # a Rust library may panic; the first page meets it again
        ahead = None
        log.warning("The workspace could not be opened in advance.", exc_info=error)
    finally:
        opened.set_result(ahead)
    if ahead is not None:
        with suppress(Exception):  # the page shows why
            ahead.overview(None)
        with suppress(Exception):  # tried again at the next start
            ahead.corpus_admin.finish_deletions()
