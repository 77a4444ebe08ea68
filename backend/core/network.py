"""Whether a server may listen where other machines can reach it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from backend.domain import KindredError


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address: 127.0.0.0/8, ::1 or localhost.

    Any other name counts as reachable, whatever it resolves to, and so does an empty
    one: servers take it for every address.

    Examples
    --------
    >>> [is_loopback(host) for host in ("127.0.0.9", "::1", "[::1]", "localhost")]
    [True, True, True, True]
    >>> [is_loopback(host) for host in ("0.0.0.0", "::", "", "10.0.0.7", "localhost.example.org")]
    [False, False, False, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def check_guarded(host: str, guards: Mapping[str, object]) -> None:
    """Refuse to listen where other machines can reach a server that nothing guards.

    Parameters
    ----------
    host : str
        The address to listen on; empty for every address.
    guards : mapping of str to object
        What to set, as the message says it, and its present value; one that is true suffices.

    Raises
    ------
    KindredError
        ``no_key``.
    """
    if is_loopback(host) or any(guards.values()):
        return
    *most, last = guards
    choices = f"{', '.join(most)} or {last}" if most else last
    raise KindredError(
        "no_key",
        f"Other machines can reach {host or 'every address of this one'!r} and nothing guards it: "
        f"set {choices}, or listen on 127.0.0.1.",
    )
