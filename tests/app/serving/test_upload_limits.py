"""Uploads are refused unread: before the sign-in, and above what visitors may hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from app.serving import upload_limits
from app.serving.upload_limits import UploadLimits, allow_session
from backend.settings import settings
from tests.app.serving.asgi import answer, run, send_to

LIMITS = {"FILE_BYTES": 1_000_000, "SESSION_BYTES": 2_000_000, "UPLOAD_CACHE_BYTES": 5_000_000}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, str]]]:
    """Small limits, and what Streamlit holds."""
    held: set[tuple[str, str]] = set()
    monkeypatch.setattr(upload_limits, "_is_held", lambda *key: key in held)
    monkeypatch.setattr(upload_limits, "_OVERHEAD", 0)
    for name, value in LIMITS.items():
        monkeypatch.setenv(f"KINDRED_LIMIT_{name}", str(value))
    settings.cache_clear()
    for session in "abcd":
        allow_session(session)
    yield held
    monkeypatch.undo()
    settings.cache_clear()


async def put(
    app: Any, session: str, name: str, nbytes: str, client: str = "192.0.2.1", **more: Any
) -> int:
    path = f"/_stcore/upload_file/{session}/{name}"
    headers = {"content-length": nbytes}
    status, _ = await send_to(app, path, "PUT", headers=headers, client=(client, 1), **more)
    return status


def test_who_was_not_let_in_uploads_nothing() -> None:
    async def scenario() -> None:
        assert await put(UploadLimits(answer), "stranger", "x", "10") == 403
        assert await put(UploadLimits(answer), "a", "x", "10") == 200

    run(scenario)


def test_sessions_addresses_and_all_have_limits(small: set[tuple[str, str]]) -> None:
    app = UploadLimits(answer)

    async def keep(session: str, name: str, nbytes: int, client: str = "192.0.2.1") -> int:
        status = await put(app, session, name, str(nbytes), client)
        if status == 200:
            small.add((session, name))
            app._files[session, name] = upload_limits._File(session, client, nbytes, False)
        return status

    async def scenario() -> None:
        assert await keep("a", "0", 1_000_001) == 413
        assert [await keep("a", str(n), 1_000_000) for n in range(3)] == [200, 200, 413]
        assert [await keep("b", str(n), 1_000_000) for n in range(3)] == [200, 200, 413]
        assert await keep("c", "0", 1_000_000) == 413  # of the same address
        assert await keep("c", "0", 1_000_000, "192.0.2.2") == 200
        assert await keep("d", "0", 1_000_000, "192.0.2.3") == 413  # all together
        small.discard(("a", "0"))  # the visitor removes it
        assert await keep("d", "0", 1_000_000, "192.0.2.3") == 200

    run(scenario)


def test_addresses_of_one_network_count_together(small: set[tuple[str, str]]) -> None:
    app = UploadLimits(answer)

    async def keep(session: str, client: str) -> int:
        small.add((session, client))
        return await put(app, session, client, "1000000", client)

    async def scenario() -> None:
        hosts = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8::ffff:4%eth0"]
        assert [await keep(s, host) for s, host in zip("aabb", hosts, strict=True)] == [200] * 4
        assert await keep("c", "2001:db8::5") == 413
        assert await keep("c", "2001:db8:0:1::5") == 200

    run(scenario)


@pytest.mark.parametrize("host", ["192.0.2.1", "::ffff:192.0.2.1", "", "testclient"])
def test_other_hosts_count_alone(host: str) -> None:
    assert upload_limits._network({"client": (host, 1)}) == host


def test_a_file_counts_while_it_arrives() -> None:
    go = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await go.wait()
        await answer(scope, receive, send)

    async def scenario() -> None:
        app = UploadLimits(slow)
        first = [asyncio.create_task(put(app, "a", name, "1000000")) for name in "xy"]
        await asyncio.sleep(0)
        assert await put(app, "a", "z", "1000000") == 413
        assert await put(app, "a", "x", "1") == 413  # twice at once
        go.set()
        assert [await task for task in first] == [200, 200]
        assert await put(app, "a", "z", "1000000") == 200  # none was kept

    run(scenario)


@pytest.mark.parametrize("length", ["", "x", "-1", "9" * 100])
def test_an_upload_says_its_length(length: str) -> None:
    async def scenario() -> None:
        assert await put(UploadLimits(answer), "a", "x", length) == 411

    run(scenario)


def test_an_upload_that_stops_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limits, "IDLE_SECONDS", 0.05)
    got: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.append((await receive())["type"])
        await answer(scope, receive, send)

    async def never() -> Any:
        await asyncio.Event().wait()

    run(lambda: put(UploadLimits(app), "a", "x", "10", receive=never))
    assert got == ["http.disconnect"]


def test_other_requests_pass() -> None:
    async def scenario() -> None:
        app = UploadLimits(answer)
        for path in ("/", "/_stcore/health", "/api/analyse"):
            assert (await send_to(app, path, "POST"))[0] == 200
        assert (await send_to(app, "/_stcore/upload_file/stranger/x", "DELETE"))[0] == 200

    run(scenario)
