"""Many visitors at once: real browser sessions that search, look at maps and analyse.

    python -m bench.sessions [--sessions 20] [--minutes 5] [--url http://...]

A visitor opens the app once and then goes from page to page as people do, by its
links, types a query or a post of their own, and looks at what comes for 5 to 15
seconds. All browsers run on this machine too, and draw without a GPU. The peer is one
session doing the same on the same server just before. Printed are the median seconds
from the first click to the finished page of each kind of visit, their ratio, failures,
the processor time of server and browsers for a visit, and the server's memory at the
beginning, after one session, half-way and at the end.
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
from urllib.request import urlopen

from playwright.async_api import Browser, Error, Page, async_playwright

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
LONGEST = 90_000  # ms
Times = dict[str, list[float]]
THINK = (5.0, 15.0)  # seconds that a person looks before the next visit


async def visit(page: Page, rng: random.Random) -> str:
    """Do one thing that nobody else does; returns its kind."""
    word = f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.randrange(100_000)}"
    kind = rng.choice(["search", "search", "map", "analyse"])
    if kind == "map":
        name = "Posts" if page.url.endswith("/users") else rng.choice(["Users", "Posts"])
        await page.get_by_role("link", name=name, exact=True).click()
        told = f"/{name.lower()}"
        await page.locator("canvas").first.wait_for(timeout=LONGEST)
    elif kind == "search":
        await page.get_by_role("link", name="Search", exact=True).click()
        line = page.get_by_role("searchbox", name="What are you looking for?")
        await line.fill(f'"{word}"')
        await line.press("Enter")
        told = word.split()[-1]
    else:
        await page.get_by_role("link", name="Analyse a post", exact=True).click()
        box = page.get_by_role("textbox", name="What does the post say?")
        await box.fill(f"What a {word} day")
        await box.press("Control+Enter")
        told = word.split()[-1]
    await page.wait_for_function(
        f"told => location.href.includes(told) && {READY}", arg=told, timeout=LONGEST
    )
    return kind


async def session(
    browser: Browser, url: str, seed: int, end: float, times: Times, failures: list[str]
) -> None:
    """One visitor until the time is over."""
    rng = random.Random(seed)
    context = await browser.new_context(viewport={"width": 1200, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(LONGEST)
    page.on("pageerror", lambda error: failures.append(str(error)[:200]))
    await asyncio.sleep(rng.uniform(0, THINK[1]) if seed else 0.0)
    await page.goto(url)
    await page.wait_for_function(READY)
    while time.monotonic() < end:
        await asyncio.sleep(rng.uniform(*THINK))
        begin = time.monotonic()
        try:
            kind = await visit(page, rng)
            times[kind].append(time.monotonic() - begin)
            if await page.get_by_test_id("stAlertContentError").count():
                said = await page.get_by_test_id("stAlertContentError").first.inner_text()
                failures.append(f"{page.url}: {said[:160]}")
        except Error as error:
            failures.append(f"{page.url}: {type(error).__name__} {str(error)[:120]}")
    await context.close()


async def visited(url: str, sessions: int, seconds: float) -> tuple[Times, list[str]]:
    """Times by kind of visit, and failures."""
    times: Times = defaultdict(list)
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


def seconds_of(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """Processor time of the whole machine since it started."""
    fields = [int(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


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
            spent, busy, wall = seconds_of(server.pid), busy_seconds(), time.monotonic()
            half, more = asyncio.run(visited(url, given.sessions, 30 * given.minutes))
            middle = megabytes(server.pid)
            rest, most = asyncio.run(visited(url, given.sessions, 30 * given.minutes))
            last = megabytes(server.pid)
            spent, busy = seconds_of(server.pid) - spent, busy_seconds() - busy
            wall = time.monotonic() - wall
        finally:
            server.terminate()
            server.wait(timeout=30)
    print(f"| visit | one session, s | {given.sessions} sessions, s | ratio | visits |")
    print("|---|---|---|---|---|")
    for kind in sorted(alone):
        many = half[kind] + rest[kind]
        if not many:
            continue
        a, b = statistics.median(alone[kind]), statistics.median(many)
        print(f"| {kind} | {a:.2f} | {b:.2f} | {b / a:.1f}x | {len(many)} |")
    print(
        f"\nfailures: {len(failed + more + most)}; memory of the server, MB: warm {warm:.0f}, "
        f"after one session {one:.0f}, half-way {middle:.0f}, at the end {last:.0f}"
    )
    count = max(sum(map(len, half.values())) + sum(map(len, rest.values())), 1)
    print(
        f"processor time for a visit, s: server {spent / count:.2f}, "
        f"all of this machine {busy / count:.2f}, of {os.cpu_count()} cores for {wall:.0f} s"
    )
    for said in dict.fromkeys(failed + more + most):
        print(f"- {said}")


if __name__ == "__main__":
    main()
