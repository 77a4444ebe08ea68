"""Half-sent requests are given up, and a server stops whatever is open."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from app.serving import lifetime
from app.serving.lifetime import close_waiting
from tests.app.serving.asgi import answer
from tests.app.test_access import RUN, environment, is_up, status, stream
from tests.sockets import free_port, rest
from tests.waiting import PATIENCE, until

HALF_A_BODY = b"POST /api/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running() -> Iterator[uvicorn.Server]:
    # What waits is closed by what is tested alone, however long the machine takes.
    config = uvicorn.Config(answer, port=free_port(), log_level="error", timeout_keep_alive=3_600)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield server
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def on_loop(server: uvicorn.Server, call: Callable[[], object]) -> object:
    """Call something where the server calls it: there nothing else changes its connections."""

    async def called() -> object:
        return call()

    loop = server.servers[0].get_loop()
    return asyncio.run_coroutine_threadsafe(called(), loop).result(PATIENCE)


def half_sent(port: int, data: bytes = b"GET / HTTP/1.1\r\nHost: loc") -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    sock.sendall(data)
    return sock


@pytest.mark.parametrize(
    "data", [b"", b"GET / HTTP/1.1\r\nHost: loc", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / H"]
)
def test_half_sent_requests_are_closed(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as server, half_sent(server.config.port, data) as sock:
        connections = server.server_state.connections
        until(lambda: len(connections) == 1)
        if data.endswith(b"GET / H"):
            assert sock.recv(4_096).startswith(b"HTTP/1.1 200")
        since: dict = {}

        def look(seconds: float) -> None:
            monkeypatch.setattr(lifetime, "HEADER_SECONDS", seconds)
            on_loop(server, lambda: close_waiting(connections, since))

        until(lambda: look(3_600) or since)  # type: ignore[func-returns-value]
        assert connections
        until(lambda: look(-1) or not connections)  # type: ignore[func-returns-value]
        rest(sock)  # ends


def test_the_oldest_of_too_many_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as server:
        connections, since = server.server_state.connections, {}
        socks = []
        for number in range(1, 6):
            socks.append(half_sent(server.config.port))
            until(lambda number=number: len(connections) == number)
            on_loop(server, lambda: close_waiting(connections, since))
        monkeypatch.setattr(lifetime, "WAITING", 3)
        on_loop(server, lambda: close_waiting(connections, since))
        until(lambda: len(connections) == 3)
        assert [rest(sock) for sock in socks[:2]] == [b"", b""]
        for sock in socks:
            sock.close()


def test_the_seconds_until_the_end_are_those_promised() -> None:
    """On a machine with nothing else to do, a server ends within the 10 s of docs/security.md."""
    assert lifetime.STOP_SECONDS < lifetime.EXIT_SECONDS
    assert lifetime.LOOK_SECONDS + lifetime.EXIT_SECONDS <= 10


def test_a_request_that_never_ends_does_not_keep_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inside, ended = threading.Event(), threading.Event()

    async def forever(request: object) -> None:
        inside.set()
        await asyncio.Event().wait()

    app = Starlette(routes=[Route("/", forever)], lifespan=lifetime.lifetime)
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_level="critical"))
    monkeypatch.setattr(lifetime, "_server", lambda: server)
    monkeypatch.setattr(lifetime, "_end_soon", ended.set)
    monkeypatch.setattr(lifetime, "STOP_SECONDS", 1)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    with half_sent(server.config.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        assert inside.wait(PATIENCE)
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive() and ended.is_set()


def test_a_long_message_of_a_browser_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six of 95 MB took 600 MB of memory, from whoever was not let in, too."""
    monkeypatch.setattr(lifetime, "MESSAGE_BYTES", 1_000)

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        while True:
            await socket.send_bytes(await socket.receive_bytes())

    app = Starlette(routes=[WebSocketRoute("/", echo)], lifespan=lifetime.lifetime)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    monkeypatch.setattr(lifetime, "_server", lambda: server)
    monkeypatch.setattr(lifetime, "_end_soon", lambda: None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        with connect(f"ws://127.0.0.1:{port}/") as socket:
            socket.send(b"x" * 1_000)
            assert socket.recv(PATIENCE) == b"x" * 1_000
            socket.send(b"x" * 1_001)
            with pytest.raises(ConnectionClosedError, match="1009"):
                socket.recv(PATIENCE)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def test_work_that_does_not_stop_ends_with_the_process() -> None:
    code = (
        "import threading, time; from app.serving import lifetime; lifetime.EXIT_SECONDS = 0; "
        "threading.Thread(target=time.sleep, args=(10**6,)).start(); lifetime._end_soon()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=PATIENCE, check=False)
    assert done.returncode == 0


def test_a_server_guards_its_name_and_stops(tmp_path: Path) -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", *RUN, "--server.port", str(port)],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: is_up(server, port))
        with urlopen(f"{url}/") as page:
            assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        for path in ("/", "/api/health", "/_stcore/health"):
            assert status(f"{url}{path}", Host="evil.example") == 421
        evil = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
        with pytest.raises(InvalidStatus):
            stream("127.0.0.1", port, **evil)
        with urlopen(Request(f"{url}/api/health")) as page:
            assert page.headers["x-content-type-options"] == "nosniff"
        with half_sent(port), half_sent(port, HALF_A_BODY), stream("127.0.0.1", port):
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE)
    finally:
        server.kill()
        server.wait()
