"""Download media from the public web, never from addresses of this network.

A host name is resolved once and the connection goes to the address that was
checked: a name whose address changes in between could lead inside (DNS
rebinding). Each redirect is checked like a new address.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit

from backend.domain import KindredError
from backend.media.errors import in_units
from backend.settings import settings

_REDIRECTS = 5
_PORTS = {80, 443, 8080, 8443}
_BLOCK = 2**16


def fetch(url: str, *, private: bool = False) -> bytes:
    """Download a file.

    Parameters
    ----------
    url : str
    private : bool
        Allow addresses of this machine and network; for tests.

    Returns
    -------
    bytes
        Not empty, at most ``file_bytes``.

    Raises
    ------
    KindredError
        ``bad_address``, ``private_address``, ``not_fetched``, ``too_large``,
        ``too_slow``.
    """
    end = time.monotonic() + settings().limits.fetch_seconds
    for _ in range(_REDIRECTS + 1):
        result = _request(url, end, private)
        if isinstance(result, bytes):
            return result
        url = urljoin(url, result)
    raise KindredError(
        "not_fetched", f"{url[:80]} redirects more than {_REDIRECTS} times; use its final address."
    )


def _request(url: str, end: float, private: bool) -> bytes | str:
    """Return the bytes at an address, or the address that it redirects to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise KindredError("bad_address", f"{url[:80]!r} is not a web address.") from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise KindredError("bad_address", f"{url[:80]!r} is not a web address.")
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in _PORTS and not private:
        raise KindredError(
            "bad_address",
            f"Port {port} is not allowed; media are fetched from ports 80, 443, 8080 and 8443.",
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or any(c <= " " for c in path):
        path = quote(path, safe="/?&=%:@+,;!$'()*~.-_#")
    try:
        connection = _connect(parts.scheme, host, port, _seconds_left(end), private)
        try:
            connection.request(
                "GET",
                path,
                headers={"User-Agent": "Kindred", "Accept": "*/*", "Accept-Encoding": "identity"},
            )
            sock = connection.sock  # the connection drops its own reference for some responses
            response = connection.getresponse()
            if response.status in (301, 302, 303, 307, 308):
                return response.getheader("Location") or ""
            if response.status != 200:
                raise KindredError("not_fetched", f"{host} answered with status {response.status}.")
            return _body(sock, response, end)
        finally:
            connection.close()
    except TimeoutError:
        raise KindredError(
            "too_slow", f"{host} took longer than {settings().limits.fetch_seconds:g} s, the limit."
        ) from None
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise KindredError("not_fetched", f"{host} cannot be reached: {error}.") from error


def _body(sock: socket.socket, response: http.client.HTTPResponse, end: float) -> bytes:
    limit = settings().limits.file_bytes
    data = bytearray()
    while True:
        sock.settimeout(_seconds_left(end))  # for each block: a slow drip must not go on forever
        block = response.read1(_BLOCK)
        if not block:
            break
        data += block
        if len(data) > limit:
            raise KindredError(
                "too_large",
                f"The file at this address is larger than {in_units(limit)}, the limit.",
            )
    if not data:
        raise KindredError("empty", "The file at this address is empty.")
    return bytes(data)


def _seconds_left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def addresses(host: str, port: int) -> list[str]:
    """Return all addresses of a host."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def is_public(address: str) -> bool:
    """Whether an address is on the public internet.

    Examples
    --------
    >>> is_public("93.184.215.14"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        embedded = (
            parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        )
        # 64:ff9b::/96 carries an IPv4 address through a translator.
        if embedded is None and parsed in ipaddress.ip_network("64:ff9b::/96"):
            embedded = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if embedded is not None and not embedded.is_global:
            return False
    return parsed.is_global and not parsed.is_multicast


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connect(
    scheme: str, host: str, port: int, seconds: float, private: bool
) -> http.client.HTTPConnection:
    """Connect to an address of the host after checking all of them."""
    candidates = addresses(host, port)
    # Refuse a host with both public and private addresses, too: it is an attack.
    if not private and not all(map(is_public, candidates)):
        raise KindredError(
            "private_address", f"{host} is inside this network; only public addresses are fetched."
        )
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    plain = socket.create_connection((candidates[0], port), timeout=seconds)
    try:
        connection.sock = (
            _tls().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
        )
    except BaseException:
        plain.close()
        raise
    return connection
