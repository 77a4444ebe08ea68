"""Download media from the public web, never from addresses of this network.

A host name is resolved once, and the connection goes to the very address that was
checked: a name whose address changes in between could lead inside (DNS rebinding). Each
redirect is checked like a new address. One deadline holds for the whole exchange, from
the resolver to the last byte: a server may drip headers, too.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit

from backend.core.network import is_public
from backend.domain import KindredError
from backend.ingest.deadline import DeadlineSocket, seconds_left
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
        Not empty, at most ``file_bytes``, and as long as the server said.

    Raises
    ------
    KindredError
        ``bad_address``, ``private_address``, ``not_fetched``, ``too_large``,
        ``too_slow``, ``empty``; nothing else, whatever the URL and the server.
    """
    end = time.monotonic() + settings().limits.fetch_seconds
    for _ in range(_REDIRECTS + 1):
        result = _request(url, end, private)
        if isinstance(result, bytes):
            return result
        try:
            url = urljoin(url, result)
        except ValueError:
            raise _bad_address(result) from None
    raise KindredError(
        "not_fetched", f"{url[:80]} redirects more than {_REDIRECTS} times; use its final address."
    )


def _bad_address(url: str) -> KindredError:
    return KindredError("bad_address", f"{url[:80]!r} is not a URL.")


def _request(url: str, end: float, private: bool) -> bytes | str:
    """Return the bytes at an address, or the address that it redirects to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad_address(url) from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise _bad_address(url)
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
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = 443 if parts.scheme == "https" else 80  # or Host names the port
        with _connect(parts.scheme, host, port, end, private) as sock:
            connection.sock = sock  # has all that http.client uses of one
            return _exchange(connection, host, path)
    except TimeoutError:
        raise KindredError(
            "too_slow",
            f"{host[:80]} exceeded the limit of {settings().limits.fetch_seconds:g} s.",
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # http.client raises ValueError, too, for hosts and headers that it cannot read or send.
        raise KindredError("not_fetched", f"{host[:80]} cannot be reached: {error}.") from error


def _exchange(connection: http.client.HTTPConnection, host: str, path: str) -> bytes | str:
    """Send the request; return the body, or the address that it redirects to."""
    headers = {"User-Agent": "Kindred", "Accept": "*/*", "Accept-Encoding": "identity"}
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as response:
        if response.status in (301, 302, 303, 307, 308):
            return response.getheader("Location") or ""
        if response.status != 200:
            message = f"{host[:80]} answered with status {response.status}."
            raise KindredError("not_fetched", message)
        return _body(response, host)


def _body(response: http.client.HTTPResponse, host: str) -> bytes:
    limit = settings().limits.file_bytes
    too_large = KindredError(
        "too_large", f"The file at this URL exceeds the limit of {in_units(limit)}."
    )
    length = None if response.chunked else _length(response)
    if length is not None and length > limit:
        raise too_large
    data = bytearray()
    # http.client itself refuses a chunked body without its end.
    while block := response.read1(_BLOCK):
        data += block
        if len(data) > limit:
            raise too_large
    if length is not None and len(data) != length:
        message = f"{host[:80]} sent {len(data):,} bytes of {length:,}; try again later."
        raise KindredError("not_fetched", message)
    if not data:
        raise KindredError("empty", "The file at this URL is empty.")
    return bytes(data)


def _length(response: http.client.HTTPResponse) -> int | None:
    """Return how many bytes the server says that it sends; None where it does not say."""
    said = {value.strip() for value in response.headers.get_all("Content-Length") or ()}
    if not said:
        return None
    if len(said) > 1 or not all(value.isascii() and value.isdecimal() for value in said):
        raise http.client.HTTPException("its Content-Length is not one number")
    return int(said.pop()[:20])


def addresses(host: str, port: int, seconds: float | None = None) -> list[str]:
    """Return all addresses of a host.

    Raises
    ------
    OSError, ValueError
        For a name that has none, or that no host can have; ``TimeoutError`` after `seconds`.
    """
    answers: list[list[str] | Exception] = []

    def ask() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except Exception as error:
            answers.append(error)

    # In a thread: the resolver has no timeout of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise TimeoutError
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connect(scheme: str, host: str, port: int, end: float, private: bool) -> DeadlineSocket:
    """Connect to an address of the host after checking all of them."""
    candidates = addresses(host, port, seconds_left(end))
    # Refuse a host with both public and private addresses, too: it is an attack.
    if not private and not all(map(is_public, candidates)):
        message = f"{host[:80]} is inside this network; only public addresses are fetched."
        raise KindredError("private_address", message)
    sock = _first_to_accept(candidates, port, end)
    try:
        if scheme == "https":
            sock.settimeout(seconds_left(end))
            # A connection that is cut is no end of a body.
            sock = _tls().wrap_socket(sock, server_hostname=host, suppress_ragged_eofs=False)
    except BaseException:
        sock.close()
        raise
    return DeadlineSocket(sock, end)


def _first_to_accept(candidates: list[str], port: int, end: float) -> socket.socket:
    """Connect to the first address that answers; each has its share of the time."""
    for number, address in enumerate(candidates):
        share = seconds_left(end) / (len(candidates) - number)
        try:
            return socket.create_connection((address, port), timeout=share)
        except OSError:
            if number == len(candidates) - 1:
                raise
    raise OSError("the name has no address")
