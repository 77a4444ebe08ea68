"""Many visitors at once, who search, look at maps and analyse posts.

    python -m bench sessions [--sessions 20] [--browsers 2] [--minutes 5]

A visitor opens the app once, then goes from page to page, asks for something that nobody
else asks for, and looks at the result for 5 to 15 seconds. Some are real browsers, which
click and type. The others send the same messages and fetch the same pictures, but draw
nothing (`bench.websocket_client`): all of this runs on one machine, where a browser
without a GPU takes three times the processor time of the server. ``--browsers 20`` makes
all of them browsers.

The peer is one session of each sort, alone on the same server just before. Printed are
the median seconds of each kind of visit, their ratio, failures, the processor time of a
visit, and the server's memory at the start, after one session, half-way and at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx2
from playwright.async_api import Browser, Error, Page, async_playwright
from websockets.exceptions import ConnectionClosed

from bench.app_server import CHROMIUM, FLAGS, LINK, READY, serving
from bench.websocket_client import PageFailed, Session

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
KINDS = ("search", "search", "map", "analyse")
LONGEST = 90_000  # ms
Times = dict[str, list[float]]
THINK = (5.0, 15.0)  # seconds between two visits


def random_words(rng: random.Random) -> str:
    """Return words that nobody else asks for."""
    return f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.randrange(100_000)}"


async def go(page: Page, name: str) -> None:
    """Click a page's link."""
    link = page.locator(LINK).filter(has_text=re.compile(f"{name}$"))
    await link.evaluate("link => link.click()")  # also where it is folded under "more"


async def visit(page: Page, rng: random.Random) -> str:
    """Do one thing that nobody else does; return its kind."""
    word = random_words(rng)
    kind = rng.choice(KINDS)
    if kind == "map":
        name = "Posts" if page.url.endswith("/users") else rng.choice(["Users", "Posts"])
        await go(page, name)
        expected = f"/{name.lower()}"
        await page.locator("canvas").first.wait_for(timeout=LONGEST)
    elif kind == "search":
        await go(page, "Search")
        line = page.get_by_role("searchbox", name="What are you looking for?")
        await line.fill(f'"{word}"')
        await line.press("Enter")
        expected = word.split()[-1]
    else:
        await go(page, "Analyse a post")
        box = page.get_by_role("textbox", name="What does the post say?")
        await box.fill(f"What a {word} day")
        await box.press("Control+Enter")
        expected = word.split()[-1]
    await page.wait_for_function(
        f"part => location.href.includes(part) && {READY}", arg=expected, timeout=LONGEST
    )
    return f"{kind}, drawn"


async def browser_session(
    browser: Browser, url: str, seed: int, end: float, times: Times, failures: list[str]
) -> None:
    """Be one visitor with a browser until `end`."""
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
                message = await page.get_by_test_id("stAlertContentError").first.inner_text()
                failures.append(f"{page.url}: {message[:160]}")
        except Error as error:
            failures.append(f"{page.url}: {type(error).__name__} {str(error)[:120]}")
    await context.close()


async def client_session(
    url: str, seed: int, end: float, times: Times, failures: list[str]
) -> None:
    """Be one visitor without a browser until `end`."""
    rng = random.Random(seed)
    await asyncio.sleep(rng.uniform(0, THINK[1]))
    async with Session(url) as client:
        await client.open("")
        while time.monotonic() < end:
            await asyncio.sleep(rng.uniform(*THINK))
            word = random_words(rng)
            kind = rng.choice(KINDS)
            page, params = {
                "search": ("search", {"q": f'"{word}"'}),
                "map": (rng.choice(["users", "posts"]), {}),
                "analyse": ("analyse", {"text": f"What a {word} day"}),
            }[kind]
            try:
                times[f"{kind}, answered"].append(await client.open(page, **params))
            except (PageFailed, OSError, ConnectionClosed, httpx2.HTTPError) as error:
                failures.append(f"{page}: {type(error).__name__} {str(error)[:120]}")


async def run_sessions(
    url: str, browsers: int, clients: int, seconds: float
) -> tuple[Times, list[str]]:
    """Return times by kind of visit, and failures."""
    times: Times = defaultdict(list)
    failures: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        end = time.monotonic() + seconds
        some = [browser_session(browser, url, i, end, times, failures) for i in range(browsers)]
        others = [client_session(url, 1_000 + i, end, times, failures) for i in range(clients)]
        await asyncio.gather(*some, *others)
        await browser.close()
    return times, failures


def busy_seconds() -> float:
    """Return the processor time of the whole machine since it started, in seconds."""
    fields = [int(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=2, help="how many of them are browsers")
    parser.add_argument("--minutes", type=float, default=5.0)
    args = parser.parse_args()
    counts = (args.browsers, args.sessions - args.browsers)
    with tempfile.TemporaryDirectory() as home, serving(home) as server:
        asyncio.run(run_sessions(server.url, 1, 1, 60))  # loads models and maps
        warm = server.megabytes
        one_browser, browser_failures = asyncio.run(
            run_sessions(server.url, 1, 0, 60 * min(2.0, args.minutes))
        )
        one_client, client_failures = asyncio.run(
            run_sessions(server.url, 0, 1, 60 * min(2.0, args.minutes))
        )
        one = server.megabytes
        server_seconds, busy, wall = server.processor, busy_seconds(), time.monotonic()
        first_half, first_failures = asyncio.run(
            run_sessions(server.url, *counts, 30 * args.minutes)
        )
        middle = server.megabytes
        second_half, second_failures = asyncio.run(
            run_sessions(server.url, *counts, 30 * args.minutes)
        )
        last = server.megabytes
        server_seconds, busy = server.processor - server_seconds, busy_seconds() - busy
        wall = time.monotonic() - wall
    print(f"| visit | one session, s | {args.sessions} sessions, s | ratio | visits |")
    print("|---|---|---|---|---|")
    alone = one_browser | one_client
    for kind in sorted(alone):
        found = first_half[kind] + second_half[kind]
        if found:
            a, b = statistics.median(alone[kind]), statistics.median(found)
            print(f"| {kind} | {a:.2f} | {b:.2f} | {b / a:.1f}x | {len(found)} |")
    failures = browser_failures + client_failures + first_failures + second_failures
    print(
        f"\nfailures: {len(failures)}; memory of the server, MB: warm {warm:.0f}, "
        f"after one session {one:.0f}, half-way {middle:.0f}, at the end {last:.0f}"
    )
    count = max(sum(map(len, first_half.values())) + sum(map(len, second_half.values())), 1)
    print(
        f"processor time for a visit, s: server {server_seconds / count:.2f}, "
        f"all of this machine {busy / count:.2f}, of {os.cpu_count()} cores for {wall:.0f} s"
    )
    for message in dict.fromkeys(failures):
        print(f"- {message}")


if __name__ == "__main__":
    main()
