"""The network of reactions is counted while the browser starts the app."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from app.data import preload
from app.serving import ahead
from app.serving.ahead import Ahead
from backend.settings import settings
from tests.app.serving.asgi import run
from tests.waiting import PATIENCE, until


class Counted:
    """A workspace that knows two corpora and notes what is counted."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.reactions = self

    def has_corpus(self, name: str) -> bool:
        return name in ("one", "two")

    def network(self, corpus: str | None) -> None:
        self.asked.append(("network", corpus))

    def by_emotion(self, corpus: str | None) -> None:
        self.asked.append(("by_emotion", corpus))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    made = Counted()
    monkeypatch.setattr(preload, "workspace", lambda: made)
    return made


def visit(
    path: str, query: bytes = b"", *, accept: bytes = b"text/html", method: str = "GET"
) -> bool:
    """Ask for an address; whether the request was passed on."""
    passed = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["path"])

    async def ask() -> None:
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query,
            "headers": [(b"accept", accept)],
        }  # fmt: skip
        await Ahead(app)(scope, None, None)  # type: ignore[arg-type]

    run(ask)
    return passed == [path]


def test_the_corpus_of_the_address_is_counted(counted: Counted) -> None:
    assert visit("/reactions", b"corpus=two&colour=cluster")
    until(lambda: counted.asked == [("network", "two"), ("by_emotion", "two")])
    until(lambda: not ahead._counting.locked())
    counted.asked.clear()
    assert visit("/below/reactions/")
    until(lambda: counted.asked == [("network", None), ("by_emotion", None)])


def test_many_requests_at_once_are_counted_by_one_thread(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, goes_on = Event(), Event()

    def slow(corpus: str | None) -> None:
        counted.asked.append(("network", corpus))
        inside.set()
        assert goes_on.wait(PATIENCE)

    monkeypatch.setattr(counted, "network", slow)
    assert visit("/reactions", b"corpus=one")
    assert inside.wait(PATIENCE)
    for _ in range(20):
        ahead.count("two")  # returns at once
    goes_on.set()
    until(lambda: not ahead._counting.locked())
    assert counted.asked == [("network", "one"), ("by_emotion", "one")]


def test_other_requests_and_unknown_corpora_count_nothing(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead.count("three")
    assert counted.asked == []
    started: list[str] = []
    monkeypatch.setattr(ahead, "count", started.append)
    assert visit("/search", b"corpus=two")
    assert visit("/reactions", b"corpus=two", accept=b"*/*")
    assert visit("/reactions", b"corpus=two", method="HEAD")
    assert started == []


def test_who_must_sign_in_first_counts_nothing(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(ahead, "count", started.append)
    monkeypatch.setattr(ahead, "settings", lambda: settings().model_copy(update={"sign_in": True}))
    assert visit("/reactions", b"corpus=two")
    assert started == []
