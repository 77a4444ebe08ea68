"""Pages know where their server is, and nothing else is touched."""

from __future__ import annotations

from typing import Any

from app.serving.page_base import SCRIPT, PageBase
from tests.app.serving.asgi import run

PAGE = b"<html><head><title>x</title></head></html>"


def sent(accept: bytes, type_: bytes) -> list[Any]:
    messages: list[Any] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", type_), (b"content-length", str(len(PAGE)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE[:20], "more_body": True})
        await send({"type": "http.response.body", "body": PAGE[20:]})

    async def send(message: Any) -> None:
        messages.append(message)

    async def ask() -> None:
        scope = {"type": "http", "path": "/search", "headers": [(b"accept", accept)]}
        await PageBase(answer)(scope, None, send)  # type: ignore[arg-type]

    run(ask)
    return messages


def test_a_page_gets_the_script_first_and_its_true_length() -> None:
    start, body = sent(b"text/html,*/*", b"text/html; charset=utf-8")
    assert body["body"] == PAGE.replace(b"<head>", b"<head>" + SCRIPT)
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()


def test_other_answers_pass_as_they_are() -> None:
    for accept, type_ in ((b"*/*", b"text/html"), (b"text/html,*/*", b"application/json")):
        start, *parts = sent(accept, type_)
        assert b"".join(part["body"] for part in parts) == PAGE
        assert dict(start["headers"])[b"content-length"] == str(len(PAGE)).encode()
