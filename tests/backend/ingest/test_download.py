"""Media are fetched from the public internet and from nowhere else."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from backend.domain import KindredError, Post
from backend.ingest import download, media_loader
from backend.ingest.download import fetch
from backend.ingest.drafts import Draft, MediaRef
from backend.ingest.existing import ExistingPosts
from backend.ingest.readers.archives import open_tree
from backend.settings import Limits, settings
from tests.backend.ingest import samples
from tests.backend.ingest.test_runner import ingest
from tests.waiting import PATIENCE


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
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Small files, and time enough on a busy machine."""
    limits = settings().limits
    monkeypatch.setattr(limits, "fetch_seconds", PATIENCE)
    monkeypatch.setattr(limits, "file_bytes", 2_000)
    return limits


@pytest.fixture
def hurried(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far less time than a server takes that drips."""
    monkeypatch.setattr(limits, "fetch_seconds", 0.7)


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


def test_a_redirect_inside_is_refused(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public server that redirects to a private one: each address is checked."""
    port = int(server.rpartition(":")[2])
    real = download._connect

    def connect(scheme, host, port_, end, private):  # type: ignore[no-untyped-def]
        if host == "public.example":
            return real(scheme, "127.0.0.1", port, end, True)
        return real(scheme, host, port_, end, private)

    monkeypatch.setattr(download, "_connect", connect)
    assert fetch("http://public.example/ok") == b"bytes"
    assert code("http://public.example/to?http://169.254.169.254/latest") == "private_address"
    assert code("http://public.example/to?file:///etc/passwd") == "bad_address"
    assert code(f"http://public.example/to?{server}/ok") in ("private_address", "bad_address")


def test_a_name_with_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "addresses", lambda *_args: ["93.184.215.14", "10.0.0.1"])
    assert code("http://two.example/x") == "private_address"


@contextmanager
def raw_server(start: bytes, drip: bytes = b"") -> Iterator[str]:
    """Answer each request with bytes, then with others every .1 s until the client goes."""

    class Raw(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(2**16)
            try:
                self.request.sendall(start)
                while drip:
                    threading.Event().wait(0.1)
                    self.request.sendall(drip)
            except OSError:
                return  # who asked is gone

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Raw) as made:
        made.daemon_threads = True
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{made.server_address[1]}/x"
        finally:
            made.shutdown()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "drip"),
    [
        (b"HTTP/1.", b"1"),
        (OK + b"X: ", b"y"),
        (OK, b"A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"0"),
        (CHUNKED + b"1;", b"x"),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"T: y\r\n"),
        (CHUNKED, b"1\r\nx\r\n"),
        (OK + b"Content-Length: 900\r\n\r\n", b"x"),
        (OK + b"\r\n", b"x"),
    ],
    ids=["status", "header", "headers", "interim", "size", "extension", "trailers", "chunks",
         "body", "no length"],
)  # fmt: skip
@pytest.mark.usefixtures("hurried")
def test_whatever_drips_the_deadline_holds(start: bytes, drip: bytes) -> None:
    ended = threading.Event()

    def ask(url: str) -> None:
        assert code(url, private=True) == "too_slow"
        ended.set()

    with raw_server(start, drip) as url:
        threading.Thread(target=ask, args=(url,), daemon=True).start()
        assert ended.wait(PATIENCE)  # the servers would go on for ever


@pytest.mark.usefixtures("hurried")
def test_a_resolver_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: hang.wait(60))
    assert code("http://slow.example/") == "too_slow"
    hang.set()


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 10\r\n\r\nshort",
        OK + b"Content-Length: 5\r\nContent-Length: 4\r\n\r\nshort",
        OK + b"Content-Length: -5\r\n\r\nshort",
        OK + b"Content-Length: 1_0\r\n\r\nshort",
        CHUNKED + b"a\r\nshort",
        CHUNKED + b"5\r\nshort\r\n",
        CHUNKED + b"zz\r\nshort",
        b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nshort",
        b"",
    ],
)
def test_a_part_of_a_file_is_not_taken_for_it(answer: bytes) -> None:
    with raw_server(answer) as url:
        assert code(url, private=True) == "not_fetched"


def test_a_length_over_the_limit_is_refused_at_once() -> None:
    with raw_server(OK + b"Content-Length: 9999999999\r\n\r\n") as url:
        assert code(url, private=True) == "too_large"


BAD_REDIRECTS = ["http://[::1", "//[", "http://a]b/", "http://exa mple:x/", "\x00://", "http://%"]


@pytest.mark.parametrize("target", BAD_REDIRECTS)
def test_a_redirect_that_is_no_address_costs_one_row(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other error would end the import for good: a resumed one asks again."""
    monkeypatch.setattr(media_loader, "fetch", lambda url: fetch(url, private=True))
    (tmp_path / "source").mkdir()
    with raw_server(b"HTTP/1.1 302 Found\r\nLocation: " + target.encode() + b"\r\n\r\n") as url:
        draft = Draft(1, Post(id="a", text="kept"), image=MediaRef(url=url))
        loaded = media_loader.load(draft, open_tree(tmp_path / "source"), tmp_path, ExistingPosts())
    (notice,) = loaded.notices
    assert notice.code in ("bad_address", "not_fetched") and not notice.skips_row
    assert loaded.content is not None and loaded.content.text == "kept"


def test_an_import_with_such_a_redirect_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_loader, "fetch", lambda url: fetch(url, private=True))
    with raw_server(b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n") as url:
        rows = [{"id": "a", "text": "a storm", "image": url}, {"id": "b", "text": "a calm sea"}]
        samples.lines(tmp_path / "s" / "posts.jsonl", rows)
        corpus = ingest(tmp_path / "h", tmp_path / "s", fetch=True)
    assert corpus.post("a").image is None and corpus.post("b").text == "a calm sea"
    notices = next((tmp_path / "h").rglob("notices.json")).read_text()
    assert "is not a URL" in notices


@examples(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=200),
        st.builds(
            b"".join,
            st.lists(
                st.sampled_from(
                    [OK, CHUNKED, b"\r\n", b"Content-Length: 3\r\n", b"Location: http://[\r\n",
                     b"HTTP/1.1 302 x\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc", b"-1\r\n",
                     b"\xff\x00", b": :\r\n", b"HTTP/9 99999 \r\n", b"HTTP/1.1 100 \r\n\r\n"]
                ),
                max_size=8,
            ),
        ),
    )
)  # fmt: skip
def test_no_answer_of_a_server_raises_anything_else(answer: bytes) -> None:
    with raw_server(answer) as url:
        try:
            assert fetch(url, private=True)
        except KindredError as error:
            assert error.message


@pytest.mark.usefixtures("hurried")  # a resolver that does not answer
@examples(max_examples=60)
@given(
    st.from_regex(r"[\[\]:@!%a-z0-9.\x00-\xff]{0,20}", fullmatch=True),
    st.text(max_size=20),
)
def test_no_address_raises_anything_else(host: str, path: str) -> None:
    for url in (f"http://{host.replace('/', '')}.invalid/{path}", f"https://[{host}]/"):
        with pytest.raises(KindredError):
            fetch(url)
