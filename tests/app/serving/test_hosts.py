"""No web page reaches the app under a name of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.serving.headers import SecurityHeaders
from app.serving.hosts import Hosts, host_allowed
from backend.settings import settings
from tests.app.serving.asgi import answer, run, send_to


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KINDRED_HOSTS", "kindred.example.org, *.lan")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


HERE = ["localhost", "localhost:8501", "LOCALHOST.:1", "127.0.0.1:8501", "127.9.9.9", "[::1]:80"]
EVIL = ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.nip.io", "",
        "localhost@evil.example", "evil.example#localhost", "localhost/", "[::1", "localhost:x",
        "192.0.2.7", "0.0.0.0", "2130706433", "localhost, evil.example"]  # fmt: skip


@pytest.mark.parametrize("host", HERE)
def test_names_of_this_machine_are_allowed(host: str) -> None:
    assert host_allowed(host, "127.0.0.1") and host_allowed(host, "10.0.0.7")


@pytest.mark.parametrize("host", EVIL)
def test_other_names_are_not(host: str) -> None:
    assert not host_allowed(host, "127.0.0.1")


def test_names_of_the_setting_are_allowed(named: None) -> None:
    for host in ("kindred.example.org:443", "KINDRED.example.org", "a.lan", "a.b.lan:80"):
        assert host_allowed(host, "10.0.0.7")
    for host in ("example.org", "x.kindred.example.org", "lan", "evillan", "a.lan.evil.example"):
        assert not host_allowed(host, "10.0.0.7")


def test_an_open_server_answers_to_its_address() -> None:
    assert host_allowed("10.0.0.7:8501", "10.0.0.7") and host_allowed(
        "[2001:db8::1]", "2001:db8::1"
    )
    assert not host_allowed("evil.example", "10.0.0.7")


def test_requests_and_sockets_are_refused() -> None:
    async def scenario() -> None:
        app = Hosts(answer)
        assert (await send_to(app))[0] == 200
        for host in ("evil.example", None):
            assert (await send_to(app, headers={"host": host}))[0] == 421
            assert (await send_to(app, "/api/search", headers={"host": host}))[0] == 421
        closed: list[str] = []

        async def send(message: dict) -> None:
            closed.append(message["type"])

        scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"evil.example")]}
        await app(scope, None, send)
        assert closed == ["websocket.close"]
        twice = [(b"host", b"localhost"), (b"host", b"evil.example")]
        sent: list[int] = []

        async def keep(message: dict) -> None:
            sent.append(message.get("status", 0))

        await app({"type": "http", "path": "/", "headers": twice}, None, keep)
        assert sent[0] == 421

    run(scenario)


def test_every_response_has_the_policies() -> None:
    async def scenario() -> None:
        _, headers = await send_to(SecurityHeaders(answer))
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["x-content-type-options"] == "nosniff"

        async def own(scope: dict, receive: object, send: object) -> None:
            policy = (b"Content-Security-Policy", b"sandbox")
            await send({"type": "http.response.start", "status": 200, "headers": [policy]})  # type: ignore[operator]

        _, headers = await send_to(SecurityHeaders(own))
        assert headers["Content-Security-Policy"] == "sandbox"
        assert "content-security-policy" not in headers

    run(scenario)
