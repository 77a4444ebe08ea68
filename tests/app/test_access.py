"""Who can reach the app: this machine only, or others past a guard."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from streamlit.testing.v1 import AppTest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app.access import COOKIE, Access
from backend.settings import settings
from tests.sockets import free_port
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parents[2]
GUARDS = ("KINDRED_SIGN_IN", "KINDRED_API_KEY", "KINDRED_DEMO")
RUN = ("streamlit", "run", str(ROOT / "app" / "server.py"), "--server.headless", "true")
KEY = "correct horse"


def outside() -> str | None:
    """An address of this machine that other machines may use; None where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # documentation's network: nothing is sent
        address: str = probe.getsockname()[0]
        return None if address.startswith("127.") else address
    return None


def environment(home: Path, **values: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KINDRED_", "STREAMLIT_"))}
    return {**clean, "KINDRED_HOME": str(home), **values}


def refused(command: tuple[str, ...], home: Path, cwd: Path = ROOT, **values: str) -> str:
    """Run what must not start; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env=environment(home, **values),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1, done.stderr
    (sentence,) = [x for x in done.stderr.splitlines() if x.startswith("kindred: ")]
    return sentence


@contextmanager
def serving(command: tuple[str, ...], port: int, home: Path, **values: str) -> Iterator[None]:
    """Serve until the block ends."""
    server = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment(home, **values),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: is_up(server, port))
        yield
    finally:
        server.terminate()
        server.wait(PATIENCE)


def is_up(server: subprocess.Popen[bytes], port: int) -> bool:
    """Whether a server that has not ended answers."""
    assert server.poll() is None
    with suppress(OSError):
        return status(f"http://127.0.0.1:{port}/_stcore/health") == 200
    return False


def status(url: str, **headers: str) -> int:
    try:
        with urlopen(Request(url, headers=headers), timeout=PATIENCE) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"anna:{key}".encode()).decode()


@pytest.mark.parametrize(
    ("options", "values"),
    [
        (("--server.address", "0.0.0.0"), {}),
        (("--server.address", "::"), {}),
        ((), {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}),
    ],
)
def test_the_app_does_not_open_unguarded(
    options: tuple[str, ...], values: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    said = refused((*RUN, "--server.port", str(port), *options), tmp_path, **values)
    assert all(guard in said for guard in GUARDS) and said.endswith("or listen on 127.0.0.1.")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def test_an_address_that_is_not_set_is_every_address(tmp_path: Path) -> None:
    """Streamlit looks for its options where it is started, and listens everywhere without."""
    said = refused((*RUN, "--server.port", str(free_port())), tmp_path, cwd=tmp_path)
    assert "every address of this machine" in said


def test_make_and_the_procfile_get_the_same_answer(tmp_path: Path) -> None:
    make = (ROOT / "Makefile").read_text()
    assert "HOST ?= 127.0.0.1\n" in make
    assert "app/server.py --server.address $(HOST) --server.port $(PORT)" in make
    line = (ROOT / "Procfile").read_text().removeprefix("web: ").strip()
    said = refused(tuple(line.replace("$PORT", str(free_port())).split()), tmp_path)
    assert "KINDRED_DEMO" in said


def test_only_this_machine_reaches_it(tmp_path: Path) -> None:
    """No address is given: .streamlit/config.toml has one."""
    port = free_port()
    with serving((*RUN, "--server.port", str(port)), port, tmp_path):
        assert status(f"http://127.0.0.1:{port}/") == 200
        assert {address for address, at in listening() if at == port} == {"0100007F"}
        if address := outside():
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=PATIENCE)


def listening() -> set[tuple[str, int]]:
    """Addresses, as the kernel writes them, and ports of all sockets that listen here."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, _, state = line.split()[1:4]
            if state == "0A":
                address, _, port = local.partition(":")
                found.add((address, int(port, 16)))
    return found


def test_with_a_key_pages_and_sockets_ask_for_it(tmp_path: Path) -> None:
    port = free_port()
    command = (*RUN, "--server.port", str(port), "--server.address", "0.0.0.0")
    with serving(command, port, tmp_path, KINDRED_API_KEY=KEY):
        for host in filter(None, ("127.0.0.1", outside())):
            url = f"http://{host}:{port}"
            for path in ("/", "/search", "/_stcore/host-config", "/_stcore/upload_file/a/b"):
                assert status(url + path) == 401
                assert status(url + path, Authorization=basic("wrong")) == 401
            assert status(f"{url}/", Authorization=basic(KEY)) == 200
            assert status(f"{url}/", Authorization=f"Bearer {KEY}") == 200
            assert status(f"{url}/_stcore/health") == 200
            assert status(f"{url}/api/health") == 200
            assert status(f"{url}/api/corpora") == 401
            with pytest.raises(InvalidStatus):
                stream(host, port)
            with urlopen(Request(f"{url}/", headers={"Authorization": basic(KEY)})) as answer:
                cookie = answer.headers["set-cookie"]
            assert KEY not in cookie and "HttpOnly" in cookie
            with stream(host, port, Cookie=cookie.partition(";")[0]):
                pass


def stream(host: str, port: int, **headers: str) -> ClientConnection:
    """Open the WebSocket of a session."""
    return connect(
        f"ws://{host}:{port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers=headers,
        open_timeout=PATIENCE,
    )


def test_another_server_is_guarded_too(tmp_path: Path) -> None:
    """uvicorn does not listen where Streamlit's option says."""
    port = free_port()
    command = ("uvicorn", "app.server:app", "--host", "0.0.0.0", "--port", str(port))
    with serving(command, port, tmp_path):
        assert status(f"http://127.0.0.1:{port}/") == 200
        if address := outside():
            for path in ("/", "/api/corpora", "/_stcore/health"):
                assert status(f"http://{address}:{port}{path}") == 403
            with pytest.raises(InvalidStatus):
                stream(address, port)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Change settings for one test."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"KINDRED_{name.upper()}", value)
        settings.cache_clear()

    yield change
    monkeypatch.undo()
    settings.cache_clear()


def asked(path: str = "/", host: str | None = "127.0.0.1", **headers: str) -> int:
    """Ask through `Access`; 200 where the request passes."""
    answers: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        answers.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    packed = [(k.lower().encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "path": path, "headers": packed, "server": (host, 80)}
    # In a thread: Playwright leaves a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, Access(inner)(scope, receive, send)).result()
    return int(answers[0]["status"])


def test_what_guards_a_request(
    configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Access, "installed", False)
    configured()
    assert asked() == 200 and asked(host="10.0.0.7") == 403
    configured(api_key=KEY)
    assert asked() == 401 and asked(host="10.0.0.7") == 401
    assert asked(authorization=basic(KEY)) == 200
    for wrong in ("", "Basic", "Basic !", f"Digest {KEY}", basic(""), "Bearer ", basic(KEY + "x")):
        assert asked(authorization=wrong) == 401
    assert asked(cookie=f"{COOKIE}={KEY}") == 401 and asked(cookie=f"{COOKIE}=\xff;=") == 401
    assert asked("/api/search") == 200  # where the service asks for the key
    assert asked("/apis") == 401 and asked("/x/api/search") == 401
    configured(demo="true")
    assert asked(host="10.0.0.7") == 200
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "/api/metrics"):  # of a public site
        assert asked(path) == 401 and asked(path, authorization=basic(KEY)) == 200
    configured(demo="false", sign_in="true")
    assert asked(host="10.0.0.7") == 200


def test_pages_alone_do_not_open(
    configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """``streamlit run app/main.py`` has nothing in front that asks for a key."""
    monkeypatch.setattr(Access, "installed", False)
    monkeypatch.setattr("app.access.is_loopback", lambda host: False)
    configured(api_key=KEY)
    at = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=PATIENCE).run()
    assert "make run" in at.error[0].value and not at.metric
