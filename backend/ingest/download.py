"""Media behind web addresses, and nothing behind the addresses of this network.

A name is looked up once and the connection goes to the very address that was
checked, or a name that changes its address between the two would lead inside.
Each redirect is checked like a new address.
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
    """Fetch a file.

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
        found = _once(url, end, private)
        if isinstance(found, bytes):
            return found
        url = urljoin(url, found)
    raise KindredError("not_fetched", f"The address redirects more than {_REDIRECTS} times.")


def _once(url: str, end: float, private: bool) -> bytes | str:
    """The bytes at an address, or where it redirects to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise KindredError("bad_address", f"{url[:80]!r} is not a web address.") from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise KindredError("bad_address", f"{url[:80]!r} is not a web address.")
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in _PORTS and not private:
        raise KindredError("bad_address", f"Port {port} is none that media are fetched from.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or any(c <= " " for c in path):
        path = quote(path, safe="/?&=%:@+,;!$'()*~.-_#")
    try:
        connection = _connect(parts.scheme, host, port, _left(end), private)
        try:
            connection.request(
                "GET",
                path,
                headers={"User-Agent": "Kindred", "Accept": "*/*", "Accept-Encoding": "identity"},
            )
            line = connection.sock  # which the connection lets go of for some answers
            answer = connection.getresponse()
            if answer.status in (301, 302, 303, 307, 308):
                return answer.getheader("Location") or ""
            if answer.status != 200:
                raise KindredError("not_fetched", f"The server of {host} answered {answer.status}.")
            return _body(line, answer, end)
        finally:
            connection.close()
    except TimeoutError:
        raise KindredError(
            "too_slow",
            f"{host} took longer than {settings().limits.fetch_seconds:g} s, the limit.",
        ) from None
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise KindredError("not_fetched", f"{host} cannot be reached: {error}.") from error


def _body(line: socket.socket, answer: http.client.HTTPResponse, end: float) -> bytes:
    limit = settings().limits.file_bytes
    data = bytearray()
    while True:
        line.settimeout(_left(end))  # for each block: a drip must not go on
        block = answer.read1(_BLOCK)
        if not block:
            break
        data += block
        if len(data) > limit:
            raise KindredError(
                "too_large", f"The file behind it is larger than {in_units(limit)}, the limit."
            )
    if not data:
        raise KindredError("empty", "There is nothing at this address.")
    return bytes(data)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def addresses(host: str, port: int) -> list[str]:
    """All addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address is on the public internet.

    Examples
    --------
    >>> is_public("93.184.215.14"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        # 64:ff9b::/96 carries an IPv4 address through a translator.
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None and not inner.is_global:
            return False
    return found.is_global and not found.is_multicast


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connect(
    scheme: str, host: str, port: int, seconds: float, private: bool
) -> http.client.HTTPConnection:
    """Connect to an address of the host that was looked at before."""
    candidates = addresses(host, port)
    # All of them: a name with a public and a private address is a trap.
    if not private and not all(map(is_public, candidates)):
        raise KindredError(
            "private_address",
            f"{host} is an address inside this network; only public ones are fetched.",
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
