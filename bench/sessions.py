"""Many visitors at once, who search, look at maps and analyse.

    python -m bench sessions [--sessions 20] [--browsers 2] [--minutes 5]

A visitor opens the app once and then goes from page to page, asks for something that
nobody else asks for, and looks at what comes for 5 to 15 seconds. Some of them are real
browsers, which click and type; the others say to the server what a browser says and
fetch the same pictures, but draw nothing (`bench.talking`): all of this runs on one
machine, and a browser without a GPU takes three times what the server takes for it.
``--browsers 20`` draws them all.

The peer is one session of each sort alone on the same server just before. Printed are
the median seconds of each kind of visit, their ratio, failures, the processor time for
a visit, and the server's memory at the beginning, after one session, half-way and at
the end.
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

from bench.served import CHROMIUM, FLAGS, LINK, READY, serving
from bench.talking import Failed, Talk

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
THINK = (5.0, 15.0)  # seconds that a person looks before the next visit


def something(rng: random.Random) -> str:
    """Words that nobody else asks for."""
    return f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.randrange(100_000)}"


async def go(page: Page, name: str) -> None:
    """Click a page's link."""
    await page.locator(LINK).filter(has_text=re.compile(f"{name}$")).click()


async def visit(page: Page, rng: random.Random) -> str:
    """Do one thing that nobody else does; returns its kind."""
    word = something(rng)
    kind = rng.choice(KINDS)
    if kind == "map":
        name = "Posts" if page.url.endswith("/users") else rng.choice(["Users", "Posts"])
        await go(page, name)
        told = f"/{name.lower()}"
        await page.locator("canvas").first.wait_for(timeout=LONGEST)
    elif kind == "search":
        await go(page, "Search")
        line = page.get_by_role("searchbox", name="What are you looking for?")
        await line.fill(f'"{word}"')
        await line.press("Enter")
        told = word.split()[-1]
    else:
        await go(page, "Analyse a post")
        box = page.get_by_role("textbox", name="What does the post say?")
        await box.fill(f"What a {word} day")
        await box.press("Control+Enter")
        told = word.split()[-1]
    await page.wait_for_function(
        f"told => location.href.includes(told) && {READY}", arg=told, timeout=LONGEST
    )
    return f"{kind}, drawn"


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


async def talker(url: str, seed: int, end: float, times: Times, failures: list[str]) -> None:
    """One visitor who draws nothing."""
    rng = random.Random(seed)
    await asyncio.sleep(rng.uniform(0, THINK[1]))
    async with Talk(url) as talk:
        await talk.open("")
        while time.monotonic() < end:
            await asyncio.sleep(rng.uniform(*THINK))
            word = something(rng)
            kind = rng.choice(KINDS)
            page, params = {
                "search": ("search", {"q": f'"{word}"'}),
                "map": (rng.choice(["users", "posts"]), {}),
                "analyse": ("analyse", {"text": f"What a {word} day"}),
            }[kind]
            try:
                times[f"{kind}, answered"].append(await talk.open(page, **params))
            except (Failed, OSError, ConnectionClosed, httpx2.HTTPError) as error:
                failures.append(f"{page}: {type(error).__name__} {str(error)[:120]}")


async def visited(url: str, browsers: int, talkers: int, seconds: float) -> tuple[Times, list[str]]:
    """Times by kind of visit, and failures."""
    times: Times = defaultdict(list)
    failures: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        end = time.monotonic() + seconds
        some = [session(browser, url, i, end, times, failures) for i in range(browsers)]
        others = [talker(url, 1_000 + i, end, times, failures) for i in range(talkers)]
        await asyncio.gather(*some, *others)
        await browser.close()
    return times, failures


def busy_seconds() -> float:
    """Processor time of the whole machine since it started."""
    fields = [int(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=2, help="of them that draw")
    parser.add_argument("--minutes", type=float, default=5.0)
    given = parser.parse_args()
    many = (given.browsers, given.sessions - given.browsers)
    with tempfile.TemporaryDirectory() as home, serving(home) as server:
        asyncio.run(visited(server.url, 1, 1, 60))  # loads models and maps
        warm = server.megabytes
        alone, failed = asyncio.run(visited(server.url, 1, 0, 60 * min(2.0, given.minutes)))
        quiet, failed_too = asyncio.run(visited(server.url, 0, 1, 60 * min(2.0, given.minutes)))
        alone, failed = alone | quiet, failed + failed_too
        one = server.megabytes
        spent, busy, wall = server.processor, busy_seconds(), time.monotonic()
        half, more = asyncio.run(visited(server.url, *many, 30 * given.minutes))
        middle = server.megabytes
        rest, most = asyncio.run(visited(server.url, *many, 30 * given.minutes))
        last = server.megabytes
        spent, busy = server.processor - spent, busy_seconds() - busy
        wall = time.monotonic() - wall
    print(f"| visit | one session, s | {given.sessions} sessions, s | ratio | visits |")
    print("|---|---|---|---|---|")
    for kind in sorted(alone):
        found = half[kind] + rest[kind]
        if found:
            a, b = statistics.median(alone[kind]), statistics.median(found)
            print(f"| {kind} | {a:.2f} | {b:.2f} | {b / a:.1f}x | {len(found)} |")
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
