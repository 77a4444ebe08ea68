"""Bodies are refused before they cost anything, in the form of all other errors."""

from __future__ import annotations

import asyncio
import errno
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.api import bodies, create, decoding
from backend.api.bodies import BodyLimit
from backend.api.schemas import PostIn
from backend.core import scheduler
from backend.settings import settings
from backend.workspace.workspace import Workspace

JSON = {"Content-Type": "application/json"}
POST = {"posts": [{"id": "a", "text": "A day by the sea."}]}


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return TestClient(create(workspace), raise_server_exceptions=False)


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def change(**values: int) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"KINDRED_LIMIT_{name.upper()}", str(value))
        settings.cache_clear()

    yield change
    monkeypatch.undo()
    settings.cache_clear()


class Door:
    """A `BodyLimit` before an application that answers when it is told to."""

    def __init__(self, limit: int = 1_000) -> None:
        self.middleware = BodyLimit(self.app, limit)
        self.open, self.inside = asyncio.Event(), 0

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.inside += 1
        self.body = (await receive())["body"]
        await self.open.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(
        self, *chunks: bytes, client: str = "192.0.2.1", end: bool = True, **headers: str
    ) -> tuple[int, dict[str, str]]:
        """Send a body; without `end` the client stops half-way."""
        left, answers = list(chunks), []

        async def receive() -> dict[str, Any]:
            if not left:
                await asyncio.Event().wait()
            body = left.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(left) or not end}

        async def send(message: Any) -> None:
            answers.append(message)

        packed = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        scope = {"type": "http", "method": "POST", "headers": packed, "client": (client, 1)}
        await self.middleware(scope, receive, send)
        found = {k.decode(): v.decode() for k, v in answers[0]["headers"]}
        return answers[0]["status"], found


def run(scenario: Callable[[], Any]) -> None:
    # In a thread: Playwright leaves a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, scenario()).result()


def test_a_large_body_is_refused_unread() -> None:
    async def scenario() -> None:
        door = Door()
        for length in ("1001", "9" * 4_000):  # nothing is received: receiving would hang
            status, headers = await door.ask(content_length=length)
            assert status == 413 and "connection" not in headers  # the answer must arrive
        assert (await door.ask(*[b"x" * 400] * 3))[0] == 413  # no length, or a false one
        assert (await door.ask(*[b"x" * 400] * 3, content_length="7"))[0] == 413
        assert door.inside == 0
        door.open.set()
        assert (await door.ask(b"x" * 400, b"y" * 600))[0] == 200
        assert door.body == b"x" * 400 + b"y" * 600

    run(scenario)


def test_a_body_that_stops_half_way_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.05)

    async def scenario() -> None:
        door = Door()
        assert (await door.ask(b"{", end=False))[0] == 408
        assert door.middleware._held == 0 and not door.middleware._visitors

    run(scenario)


def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)

    async def scenario() -> None:
        door = Door(10**9)

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.001)
            return {"type": "http.request", "body": b"x", "more_body": True}

        answers: list[Any] = []

        async def send(message: Any) -> None:
            answers.append(message)

        scope = {"type": "http", "method": "POST", "headers": [], "client": ("::1", 1)}
        await door.middleware(scope, receive, send)
        assert answers[0]["status"] == 408

    run(scenario)


def test_bodies_share_their_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "ALL_BODIES", 1_500)

    async def scenario() -> None:
        door = Door()
        first = asyncio.create_task(door.ask(b"x" * 900))
        while not door.inside:
            await asyncio.sleep(0)
        status, headers = await door.ask(b"x" * 900, client="192.0.2.2")
        assert status == 429 and int(headers["retry-after"]) > 0
        small = asyncio.create_task(door.ask(b"x" * 500, client="192.0.2.2"))
        while door.inside < 2:
            await asyncio.sleep(0)
        door.open.set()
        assert (await first)[0] == (await small)[0] == 200
        assert (await door.ask(b"x" * 900))[0] == 200 and door.middleware._held == 0

    run(scenario)


def test_nobody_works_for_a_client_that_has_gone() -> None:
    async def scenario() -> None:
        seen: list[bool] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            seen.append(scope[bodies.GONE].is_set())
            assert (await receive())["type"] == "http.disconnect"
            seen.append(scope[bodies.GONE].is_set())

        messages = [{"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return messages.pop(0)

        scope = {"type": "http", "method": "POST", "headers": [], "client": ("::1", 1)}
        await BodyLimit(app, 10)(scope, receive, None)  # type: ignore[arg-type]
        assert seen == [False, True]

    run(scenario)
    gone, posts = threading.Event(), [PostIn(id=str(n), text="x") for n in range(20)]
    found = []
    for rows in decoding.batches(posts, gone):
        found += rows
        gone.set()
    assert 0 < len(found) <= decoding.BATCH


def test_one_visitor_leaves_places_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "OF_ONE_VISITOR", 2)
    monkeypatch.setattr(bodies, "AT_ONCE", 3)

    async def scenario() -> None:
        door = Door()
        waiting = [asyncio.create_task(door.ask(b"x")) for _ in range(2)]
        while door.inside < 2:
            await asyncio.sleep(0)
        status, headers = await door.ask(b"x")
        assert status == 429 and "retry-after" in headers
        waiting.append(asyncio.create_task(door.ask(b"x", client="192.0.2.2")))
        while door.inside < 3:
            await asyncio.sleep(0)
        assert (await door.ask(b"x", client="192.0.2.3"))[0] == 429
        door.open.set()
        assert {(await task)[0] for task in waiting} == {200}
        assert not door.middleware._visitors

    run(scenario)


def test_too_many_values_are_not_parsed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loads(body: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(bodies.json, "loads", loads)
    lists = b"[" + b"[]," * 2**20 + b"[]]"
    for body in (lists, b"{" * 600_000, b'{"a":[' + b"1," * 600_000):
        answer = client.post("/search", content=body, headers=JSON)
        assert answer.status_code == 422
        assert "body: too many values." in answer.text


@pytest.mark.parametrize(
    "body", [b"{", b"[" * 100_000, b"\xff\xfe{", b"{}x", b"1" * 10_000, b'"\x00"', b"nul"]
)
def test_bad_json_has_the_form_of_all_errors(client: TestClient, body: bytes) -> None:
    for route in ("/search", "/analyse", "/embed"):
        answer = client.post(route, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "malformed")
        assert answer.json()["error"]["message"].startswith("body: ")


def test_addresses_and_methods_that_do_not_exist(client: TestClient) -> None:
    for path in ("/nothing", "/corpora/commons/x", "/redoc"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_address")
    answer = client.get("/search")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "wrong_method")
    assert answer.headers["allow"] == "POST" and "POST" in answer.json()["error"]["message"]


def test_what_fails_unforeseen_has_the_form_too(
    client: TestClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "corpora", lambda: [][0])
    answer = client.get("/corpora")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "IndexError" not in answer.text


def test_what_the_file_system_refuses_is_told_with_what_to_do(
    client: TestClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise PermissionError(errno.EACCES, "no", "/where/it/lies")

    monkeypatch.setattr(workspace, "corpora", refuse)
    answer = client.get("/corpora").json()["error"]
    assert answer["code"] == "not_stored" and "/where/it/lies. Change its" in answer["message"]


def test_memory_that_runs_out_is_told_as_what_passes(
    client: TestClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted() -> None:
        raise MemoryError

    monkeypatch.setattr(workspace, "corpora", exhausted)
    answer = client.get("/corpora")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_memory")
    assert int(answer.headers["retry-after"]) > 0


def test_too_many_encodings_are_429(
    workspace: Workspace, limited: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the minute may be over before the third is asked.
    monkeypatch.setattr(scheduler, "time", SimpleNamespace(monotonic=lambda: 1_000.0))
    limited(encodings_a_minute=2)
    asking = TestClient(create(workspace), client=("198.51.100.7", 1))
    answers = [asking.post("/embed", json=POST) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "too_many"
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    other = TestClient(create(workspace), client=("198.51.100.8", 1))
    assert other.post("/embed", json=POST).status_code == 200


def test_the_texts_of_a_request_are_bounded_together(
    workspace: Workspace, limited: Callable[..., None]
) -> None:
    limited(request_characters=5_000)
    client = TestClient(create(workspace))
    long = {"posts": [{"id": str(n), "text": "x" * 2_000} for n in range(3)]}
    terms = [{"kind": "text", "value": "x" * 2_000}] * 3
    for route, body in (("/analyse", long), ("/embed", long), ("/search", {"terms": terms})):
        answer = client.post(route, content=json.dumps(body), headers=JSON)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_many_characters")
        assert "6,000" in answer.json()["error"]["message"]


@pytest.mark.parametrize("route", ["/analyse", "/embed"])
def test_posts_beyond_the_time_of_a_request_are_refused(
    route: str, workspace: Workspace, limited: Callable[..., None]
) -> None:
    """Some are answered, and the others can be sent again."""
    limited(request_seconds=0.5)
    client = TestClient(create(workspace))
    long = {"posts": [{"id": str(n), "text": f"so happy {n} " * 150} for n in range(48)]}
    answers = client.post(route, json=long).json()
    errors = {answer["id"]: answer.get("error", {}).get("code") for answer in answers}
    assert list(errors) == [post["id"] for post in long["posts"]]
    assert set(errors.values()) == {None, "too_much"}
    assert list(errors.values()) == sorted(errors.values(), key=bool)


def test_terms_that_take_too_long_are_refused(
    workspace: Workspace, limited: Callable[..., None]
) -> None:
    limited(request_seconds=0.1)
    client = TestClient(create(workspace))
    terms = [{"kind": "text", "value": f"w{n} " * 500} for n in range(32)]
    answer = client.post("/search", json={"terms": terms})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_much")
    assert client.post("/search", json={"query": "rain"}).status_code == 200
