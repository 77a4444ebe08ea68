"""Who the work of this moment is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_visitor: ContextVar[str] = ContextVar("visitor", default="")
_sources: list[Callable[[], str]] = []


def name_visitors_by(source: Callable[[], str]) -> None:
    """Ask a function for the visitor where none is set, such as in a callback of a page.

    Parameters
    ----------
    source : callable
        Returns a name; empty where it knows of no visitor. Replaces the function before.
    """
    _sources[:] = [source]


def current_visitor() -> str:
    """Return the visitor that this thread works for; empty for work of nobody in particular."""
    name = _visitor.get()
    return name or next((name for source in _sources if (name := source())), "")


def set_visitor(visitor: str) -> None:
    """Work for a visitor from now on in this thread."""
    _visitor.set(visitor)


@contextmanager
def as_visitor(visitor: str) -> Iterator[None]:
    """Work for a visitor inside the block."""
    before = _visitor.set(visitor)
    try:
        yield
    finally:
        _visitor.reset(before)
