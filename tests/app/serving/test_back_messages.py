"""No browser empties the caches of others, or has files written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from app.serving import back_messages
from app.serving.back_messages import BackMessages
from tests.app.serving.asgi import run


def message(fill: Callable[[BackMsg], object]) -> bytes:
    made = BackMsg()
    fill(made)
    return made.SerializeToString()


def passed(*sent: bytes, browsers: int = 1) -> list[bytes]:
    """What of the messages of each of some browsers of one address reaches Streamlit."""
    got: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (one := await receive())["type"] == "websocket.receive":
            got.append(one["bytes"])

    async def browser(gate: BackMessages) -> None:
        left = [{"type": "websocket.receive", "bytes": data} for data in sent]
        left.append({"type": "websocket.disconnect"})

        async def receive() -> Any:
            return left.pop(0)

        await gate({"type": "websocket", "client": ("192.0.2.1", 1)}, receive, None)  # type: ignore[arg-type]

    async def all_of_them() -> None:
        gate = BackMessages(app)
        await asyncio.gather(*(browser(gate) for _ in range(browsers)))

    run(all_of_them)
    return got


RERUN = message(lambda m: m.rerun_script.SetInParent())
HARMFUL = {
    "clear": lambda m: setattr(m, "clear_cache", True),
    "run on save": lambda m: setattr(m, "set_run_on_save", True),
    "git": lambda m: setattr(m, "load_git_info", True),
    "shutdown": lambda m: setattr(m, "debug_shutdown_runtime", True),
    "disconnect": lambda m: setattr(m, "debug_disconnect_websocket", True),
    "install": lambda m: m.backend_operation_request.install_skills.SetInParent(),
    "dismiss": lambda m: m.backend_operation_request.dismiss_skills_nudge.SetInParent(),
    "empty": lambda m: m.backend_operation_request.SetInParent(),
    "nothing": lambda m: None,
}


def test_a_flood_of_messages_waits_and_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_messages, "OF_BROWSER", (100.0, 5))
    begin = time.monotonic()
    assert passed(*[RERUN] * 25) == [RERUN] * 25
    assert time.monotonic() - begin >= 0.19


def test_browsers_of_one_address_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_messages, "OF_ADDRESS", (100.0, 5))
    begin = time.monotonic()
    assert passed(*[RERUN] * 5, browsers=5) == [RERUN] * 25
    assert time.monotonic() - begin >= 0.19


@pytest.mark.parametrize("name", HARMFUL)
def test_other_messages_are_dropped(name: str) -> None:
    assert passed(message(HARMFUL[name]), RERUN) == [RERUN]


def test_the_last_of_several_kinds_counts_as_it_does_for_streamlit() -> None:
    both = RERUN + message(HARMFUL["clear"])  # a later field of a oneof replaces an earlier one
    assert passed(both) == []


def test_messages_of_pages_pass() -> None:
    messages = [
        RERUN,
        message(lambda m: setattr(m, "stop_script", True)),
        message(lambda m: setattr(m, "app_heartbeat", True)),
        message(lambda m: m.file_urls_request.SetInParent()),
        message(lambda m: m.backend_operation_request.deferred_file.SetInParent()),
        message(lambda m: m.backend_operation_request.dataframe_chunk.SetInParent()),
    ]
    assert passed(*messages) == messages


def test_what_is_no_message_is_left_to_streamlit() -> None:
    assert passed(b"\xff\xff") == [b"\xff\xff"]
