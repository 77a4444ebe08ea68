"""Who asks, as far as turns and limits are concerned."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any


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
