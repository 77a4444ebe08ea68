"""Media are fetched from the public internet and from nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.domain import KindredError
from backend.ingest import download
from backend.ingest.download import fetch, is_public
from backend.settings import settings


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/ok":
            self._answer(200, b"bytes")
        elif self.path == "/large":
            self._answer(200, b"x" * 4_000)
        elif self.path == "/empty":
            self._answer(200, b"")
        elif self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    threading.Event().wait(0.1)
            except OSError:
                return  # who asked is gone
        else:
            self._answer(404, b"no")

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()


@pytest.fixture(autouse=True)
def tight(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KINDRED_LIMIT_FETCH_SECONDS", "0.7")
    monkeypatch.setenv("KINDRED_LIMIT_FILE_BYTES", "2000")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def code(url: str, *, private: bool = False) -> str:
    with pytest.raises(KindredError) as error:
        fetch(url, private=private)
    assert error.value.message
    return error.value.code


def test_bytes_come_back(server: str) -> None:
    assert fetch(f"{server}/ok", private=True) == b"bytes"
    assert fetch(f"{server}/to?/ok", private=True) == b"bytes"


def test_what_goes_wrong_is_said(server: str) -> None:
    assert code(f"{server}/nothing", private=True) == "not_fetched"
    assert code(f"{server}/large", private=True) == "too_large"
    assert code(f"{server}/empty", private=True) == "empty"
    assert code(f"{server}/drip", private=True) == "too_slow"
    assert code(f"{server}/to?/to?/to?/to?/to?/to?/to?/ok", private=True) == "not_fetched"
    assert code("http://127.0.0.1:9/x", private=True) == "not_fetched"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "http://user:secret@example.org/",
        "http:///x",
        "http://[::1",
        "gopher://example.org",
        "http://example.org:22/",
        "http://example.org:99999/",
    ],
)
def test_only_web_addresses(url: str) -> None:
    assert code(url) == "bad_address"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"],
)
def test_this_machine_is_not_asked(host: str) -> None:
    assert code(f"http://{host}/x") in ("private_address", "not_fetched")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_private_addresses_are_known(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_redirect_inside_is_refused(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public server that redirects to a private one: each address is checked."""
    port = int(server.rpartition(":")[2])
    real = download._connect

    def connect(scheme, host, port_, seconds, private):  # type: ignore[no-untyped-def]
        if host == "public.example":
            return real(scheme, "127.0.0.1", port, seconds, True)
        return real(scheme, host, port_, seconds, private)

    monkeypatch.setattr(download, "_connect", connect)
    assert fetch("http://public.example/ok") == b"bytes"
    assert code("http://public.example/to?http://169.254.169.254/latest") == "private_address"
    assert code("http://public.example/to?file:///etc/passwd") == "bad_address"
    assert code(f"http://public.example/to?{server}/ok") in ("private_address", "bad_address")


def test_a_name_with_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "addresses", lambda host, port: ["93.184.215.14", "10.0.0.1"])
    assert code("http://two.example/x") == "private_address"
