"""Requests that no client of good will sends: slow, half-sent, to other names, to other paths."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable

from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.attack.page_visitor import PageVisitor
from tests.attack.served import Served, Watch
from tests.sockets import rest

HALF_SENT = 1_000
PATIENCE = 25.0  # seconds: above the limits of the server
FLOODED = 3.0  # seconds: no search beside a flood takes longer


def half_sent(served: Served) -> str:
    """Open many connections that never finish their headers."""
    return _held(served, b"POST /api/analyse HTTP/1.1\r\nHost: 127.0.0.1\r\nX-", HALF_SENT)


def drip(served: Served) -> str:
    """Send a body of which nothing arrives."""
    head = b"POST /api/analyse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return _held(served, head + b"Content-Length: 1000\r\n\r\n{", 20)


def _held(served: Served, head: bytes, count: int) -> str:
    sockets = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            sockets.append(socket.create_connection(("127.0.0.1", served.port), 5))
            sockets[-1].sendall(head)
    end, ended = time.monotonic() + PATIENCE, 0
    for each in sockets:
        each.settimeout(max(0.01, end - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            rest(each)
            ended += 1
    for each in sockets:
        each.close()
    return "" if ended == len(sockets) else f"{len(sockets) - ended} of {len(sockets)} stay open"


def rebinding(served: Served) -> str:
    """Ask under another name, as a page whose name points here would."""
    for name in (b"evil.example", b"127.0.0.1.evil.example", b"localhost@evil.example", b""):
        with socket.create_connection(("127.0.0.1", served.port), 5) as each:
            each.sendall(b"GET /api/corpora HTTP/1.1\r\nHost: " + name + b"\r\n\r\n")
            status = each.recv(64).split(b" ")[1:2]
        if status not in ([b"421"], [b"400"]):
            return f"{name!r} is answered {status}"
    return ""


def clear_cache(served: Served) -> str:
    """Send the messages that empty caches and write files."""

    async def send() -> str:
        async with PageVisitor(served.url) as visitor:
            await visitor.open("")
            for name in ("clear_cache", "set_run_on_save", "load_git_info"):
                message = BackMsg()
                setattr(message, name, True)
                await visitor._socket.send(message.SerializeToString())
            await visitor.open("")
        refused = served.log.read_text().count("refused a message from a browser")
        return "" if refused >= 3 else f"{3 - refused} messages passed"

    return asyncio.run(send())


def flood(served: Served, browsers: int = 1, each: int = 400) -> str:
    """Have a page run again and again, from one address; another's search must never wait long."""

    async def send() -> None:
        async with contextlib.AsyncExitStack() as stack:
            visitors = [
                await stack.enter_async_context(PageVisitor(served.url, "127.0.9.7"))
                for _ in range(browsers)
            ]
            reading = [asyncio.create_task(_read(visitor)) for visitor in visitors]
            message = BackMsg()
            message.rerun_script.page_name = "analyse"
            for number in range(each):
                message.rerun_script.query_string = f"text={number}"
                for visitor in visitors:
                    await visitor._socket.send(message.SerializeToString())
            await asyncio.sleep(PATIENCE)
            for task in reading:
                task.cancel()

    with Watch(served, f"127.0.5.{browsers}") as watch:
        asyncio.run(send())
    longest = max(watch.delays)
    return "" if longest < FLOODED else f"a search took {longest:.1f} s"


async def _read(visitor: PageVisitor) -> None:
    async for _ in visitor._socket:
        pass


def traversal(served: Served) -> str:
    """Ask for files outside."""
    for path in (
        "/api/corpora/..%2F..%2Fetc/media/passwd/image",
        "/api/corpora/commons/media/..%2F..%2F..%2Fetc%2Fpasswd/image",
        "/media/..%2F..%2Fetc%2Fpasswd",
        "/static/../../etc/passwd",
        "/component/../../../etc/passwd",
        "/api/../../etc/passwd",
    ):
        status, body, _ = served.request("GET", path)
        if b"root:" in body or status >= 500:
            return f"{path} is answered {status}"
    return ""


def odd_uploads(served: Served) -> str:
    """Upload without a session, and names that lead elsewhere."""
    status, *_ = served.request("PUT", "/_stcore/upload_file/nobody/file", b"x" * 2**20)
    if status != 403:
        return f"an upload without a session is answered {status}"

    async def send() -> str:
        async with PageVisitor(served.url) as visitor:
            await visitor.open("corpora")
            said = await visitor.upload("corpora", "../../../evil.csv", b"id,text\n1,hello\n")
        internal = [alert for alert in said if "internal" in alert.lower()]
        return internal[0] if internal else ""

    return asyncio.run(send())


ODDITIES: dict[str, Callable[[Served], str]] = {
    f"{HALF_SENT:,} half-sent requests": half_sent,
    "20 bodies that drip": drip,
    "other names (DNS rebinding)": rebinding,
    "messages that clear caches": clear_cache,
    "400 messages that run a page again": flood,
    "4,000 of them, of 100 browsers of one address": lambda served: flood(served, 100, 40),
    "names that lead elsewhere": traversal,
    "uploads without a session": odd_uploads,
}


def run(served: Served) -> int:
    """Try each; print what happened; return the number of findings."""
    found = 0
    print("\n| request | s of a search | outcome |\n|---|---|---|")
    for number, (name, send) in enumerate(ODDITIES.items()):
        with Watch(served, f"127.0.4.{number + 1}") as watch:
            said = send(served)
        served.check_alive()
        found += bool(said) or watch.delay > 1.0
        print(f"| {name} | {watch.delay:.2f} | {said or 'held'} |", flush=True)
    return found
