"""Who the work of this moment is for."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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


def visitor_of(scope: Mapping[str, Any]) -> str:
    """Return a name for the client of a request: each address has its turns, like a session.

    Parameters
    ----------
    scope : mapping
        Of ASGI.

    Examples
    --------
    >>> visitor_of({"client": ("192.0.2.7", 4711)})
    'api 192.0.2.7'
    >>> visitor_of({"client": ("2001:db8:1:2:3::4", 4711)})  # one client has all of a /64
    'api 2001:db8:1:2::/64'
    """
    host = str((scope.get("client") or [""])[0])
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return f"api {host}"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return f"api {ipaddress.ip_network((address, 64), strict=False)}"
    return f"api {address}"
