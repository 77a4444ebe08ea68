"""Many visitors at once: real browser sessions that search, look at maps and analyse.

    python -m bench.sessions [--sessions 20] [--minutes 5] [--url http://...]

The peer is one session doing the same on the same server just before. Printed
are the median seconds of each kind of visit, their ratio, failures, and the
server's memory at the beginning, after one session and at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FLAGS += ["--disable-quic", "--disable-background-networking"]
WORDS = [
    "storm",
    "sunset",
    "cat",
    "lonely",
    "winter",
    "music",
    "laugh",
    "garden",
    "river",
    "angry",
    "bird",
    "night",
]
READY = (
    "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    " && !document.querySelector('[data-testid=stSkeleton]')"
    " && document.querySelector('[data-testid=stMain]')?.innerText.length > 80"
)
THINK = (2.0, 6.0)  # seconds that a person looks before the next visit


def visits(rng: random.Random) -> tuple[str, str]:
    """A kind of visit and its address; no two of them ask for the same."""
    word = f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.randrange(10_000)}"
    kind = rng.choice(["search", "search", "map", "analyse"])
    path = {
        "search": f"/search?q={quote(chr(34) + word + chr(34))}",
        "map": rng.choice(["/users", "/posts"]),
        "analyse": f"/analyse?text={quote('What a ' + word + ' day')}",
    }[kind]
    return kind, path


async def session(browser, url: str, seed: int, end: float, times, failures) -> None:  # type: ignore[no-untyped-def]
    """One visitor until the time is over."""
    rng = random.Random(seed)
    context = await browser.new_context(viewport={"width": 1200, "height": 800})
    page = await context.new_page()
    page.on("pageerror", lambda error: failures.append(str(error)[:200]))
    while time.monotonic() < end:
        kind, path = visits(rng)
        begin = time.monotonic()
        try:
            await page.goto(url + path, timeout=90_000)
            await page.wait_for_function(READY, timeout=90_000)
            times[kind].append(time.monotonic() - begin)
            if await page.get_by_test_id("stAlertContentError").count():
                said = await page.get_by_test_id("stAlertContentError").first.inner_text()
                failures.append(f"{path}: {said[:160]}")
        except Exception as error:  # whatever it is, it is a failure to be counted
            failures.append(f"{path}: {type(error).__name__} {str(error)[:120]}")
        await asyncio.sleep(rng.uniform(*THINK))
    await context.close()


async def visited(url: str, sessions: int, seconds: float):  # type: ignore[no-untyped-def]
    """Times by kind of visit, and failures."""
    from playwright.async_api import async_playwright

    times: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        end = time.monotonic() + seconds
        await asyncio.gather(
            *(session(browser, url, i, end, times, failures) for i in range(sessions))
        )
        await browser.close()
    return times, failures


def megabytes(pid: int) -> float:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    given = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app/server.py",
                "--server.port",
                str(port),
                "--server.address",
                "127.0.0.1",
            ],
            cwd=ROOT,
            env={**os.environ, "KINDRED_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(240):
                try:
                    urlopen(f"{url}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.25)
            asyncio.run(visited(url, 1, 30))  # loads models and maps
            warm = megabytes(server.pid)
            alone, failed = asyncio.run(visited(url, 1, 60 * min(1.0, given.minutes)))
            one = megabytes(server.pid)
            half, more = asyncio.run(visited(url, given.sessions, 30 * given.minutes))
            middle = megabytes(server.pid)
            rest, most = asyncio.run(visited(url, given.sessions, 30 * given.minutes))
            last = megabytes(server.pid)
        finally:
            server.terminate()
            server.wait(timeout=30)
    print(f"| visit | one session, s | {given.sessions} sessions, s | ratio | visits |")
    print("|---|---|---|---|---|")
    for kind in sorted(alone):
        many = half[kind] + rest[kind]
        a, b = statistics.median(alone[kind]), statistics.median(many)
        print(f"| {kind} | {a:.2f} | {b:.2f} | {b / a:.1f}x | {len(many)} |")
    print(
        f"\nfailures: {len(failed + more + most)}; memory of the server, MB: warm {warm:.0f}, "
        f"after one session {one:.0f}, half-way {middle:.0f}, at the end {last:.0f}"
    )
    for said in dict.fromkeys(failed + more + most):
        print(f"- {said}")


if __name__ == "__main__":
    main()
