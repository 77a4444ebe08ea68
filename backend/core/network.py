"""Which addresses other machines can reach, and which are on the public internet."""

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


# Prefixes that carry an IPv4 address in their last 32 bits.
_IPV4_AT_THE_END = tuple(
    ipaddress.IPv6Network(prefix)
    for prefix in (
        "::/96",  # IPv4-compatible (RFC 4291)
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 7915)
        "64:ff9b::/96",  # translators (RFC 6052)
    )
)
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # before the IPv4 address of an interface (RFC 5214)
_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that is assigned to the public internet
_EXAMPLES = ipaddress.IPv6Network("3fff::/20")  # of documents (RFC 9637), newer than `ipaddress`


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, whatever other address it carries.

    An IPv6 address with an IPv4 address in it may end at that one, by a tunnel or a
    translator: both must be public.

    Raises
    ------
    ValueError
        For what is not an address.

    Examples
    --------
    >>> is_public("93.184.215.14"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    >>> is_public("64:ff9b::93.184.215.14"), is_public("64:ff9b::10.0.0.1")
    (True, False)
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    carried = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
    if any(parsed in network for network in _IPV4_AT_THE_END):
        return is_public(str(carried))
    if parsed not in _UNICAST or parsed in _EXAMPLES or not parsed.is_global:
        return False
    embedded = [parsed.sixtofour, *(parsed.teredo or ())]
    if int(parsed) >> 32 & 0xFFFF_FFFF in _ISATAP:
        embedded.append(carried)
    return all(is_public(str(inner)) for inner in embedded if inner is not None)


def check_guarded(host: str, guards: Mapping[str, object]) -> None:
    """Refuse to listen where other machines can reach a server without access control.

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
        f"Kindred will not listen on {host or 'every address of this machine'} without access "
        f"control. Set {choices}, or listen on 127.0.0.1.",
    )
