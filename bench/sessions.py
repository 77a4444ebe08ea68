"""Many visitors at once: real browser sessions that search, look at maps and analyse.

    python -m bench.sessions [--sessions 20] [--minutes 5]

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
import re
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.async_api import Browser, Error, Page, async_playwright

from bench.served import CHROMIUM, FLAGS, LINK, READY, serving

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
LONGEST = 90_000  # ms
Times = dict[str, list[float]]
THINK = (5.0, 15.0)  # seconds that a person looks before the next visit


async def go(page: Page, name: str) -> None:
    """Click a page's link."""
    await page.locator(LINK).filter(has_text=re.compile(f"{name}$")).click()


async def visit(page: Page, rng: random.Random) -> str:
    """Do one thing that nobody else does; returns its kind."""
    word = f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.randrange(100_000)}"
    kind = rng.choice(["search", "search", "map", "analyse"])
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
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        end = time.monotonic() + seconds
        await asyncio.gather(
            *(session(browser, url, i, end, times, failures) for i in range(sessions))
        )
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
    parser.add_argument("--minutes", type=float, default=5.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, serving(home) as server:
        asyncio.run(visited(server.url, 1, 60))  # loads models and maps
        warm = server.megabytes
        alone, failed = asyncio.run(visited(server.url, 1, 120 * min(1.0, given.minutes)))
        one = server.megabytes
        spent, busy, wall = server.processor, busy_seconds(), time.monotonic()
        half, more = asyncio.run(visited(server.url, given.sessions, 30 * given.minutes))
        middle = server.megabytes
        rest, most = asyncio.run(visited(server.url, given.sessions, 30 * given.minutes))
        last = server.megabytes
        spent, busy = server.processor - spent, busy_seconds() - busy
        wall = time.monotonic() - wall
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
