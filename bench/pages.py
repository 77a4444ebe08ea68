"""Starting the app and opening its pages in Chromium, beside Streamlit's own hello.

    python -m bench pages [--rounds 3] [--points 100000]

The peer is ``streamlit hello`` on the same machine in the same run, which computes
nothing: what it takes is the frame's own. A page is open when its script has
finished and nothing is still to be drawn. Each page is opened once before it is
timed. With ``--points``, a corpus of that many made posts is written and laid out
(`bench.corpus`), and its map is opened and drawn around with the mouse.
"""

from __future__ import annotations

import argparse
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.served import CHROMIUM, FLAGS, LINK, OURS, READY, ROOT, serving

HELLO = ("hello",)
TOLD = re.compile(r"[\d,]+ of [\d,]+ posts selected")
SLOW = 180_000  # ms
FIRST = ("/search?q=%22storm%22", "/analyse?text=What+a+day")  # load the models


def started(browser: Browser, home: str, what: tuple[str, ...]) -> tuple[float, float, float]:
    """Seconds to healthy, seconds from there to a finished first page, megabytes then."""
    with serving(home, what) as server:
        begin = time.perf_counter()
        page = browser.new_page()
        page.goto(server.url)
        page.wait_for_function(READY, timeout=SLOW)
        spent = time.perf_counter() - begin
        page.close()
        return server.seconds, spent, server.megabytes


def opened(page: Page, name: str) -> float:
    """Seconds from the click on a page's link to the finished page."""
    before = page.url
    begin = time.perf_counter()
    page.locator(LINK).filter(has_text=re.compile(f"{name}$")).click()
    page.wait_for_function(f"was => location.href !== was && {READY}", arg=before, timeout=SLOW)
    return time.perf_counter() - begin


def names(page: Page) -> list[str]:
    """The links of the navigation."""
    return [text.strip().splitlines()[-1] for text in page.locator(LINK).all_inner_texts()]


def around(page: Page) -> float:
    """Seconds from the end of a stroke around points to the finished panel."""
    box = page.locator(".over").first.bounding_box()
    assert box is not None
    x, y, r = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["height"] / 6
    page.mouse.move(x + r, y)
    page.mouse.down()
    for step in range(1, 25):
        angle = 2 * math.pi * step / 24
        page.mouse.move(x + r * math.cos(angle), y + r * math.sin(angle))
    begin = time.perf_counter()
    page.mouse.up()
    expect(page.get_by_text(TOLD)).to_be_visible(timeout=SLOW)
    page.wait_for_function(READY, timeout=SLOW)
    return time.perf_counter() - begin


def large(browser: Browser, home: str, points: int) -> None:
    """The map of a corpus of `points` posts."""
    command = [sys.executable, "-m", "bench.corpus", home, "--posts", str(points), "--map"]
    subprocess.run(command, cwd=ROOT, check=True)
    received = [0]

    def count(data: str | bytes) -> None:
        received[0] += len(data)

    with serving(home) as server:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("websocket", lambda socket: socket.on("framereceived", count))
        page.goto(f"{server.url}/posts?corpus=large")
        page.wait_for_function(READY, timeout=SLOW)
        page.locator(".frame[data-view]").first.wait_for()
        first = received[0]
        seconds = []
        for _ in range(3):
            seconds.append(around(page))
            page.goto(f"{server.url}/posts?corpus=large")
            page.wait_for_function(READY, timeout=SLOW)
            page.locator(".frame[data-view]").first.wait_for()
        print(f"\n| map of {points:,} points | |\n|---|---|")
        print(f"| all that the page receives, MB | {first / 1e6:.2f} |")
        print(f"| its two 16-bit coordinates a point alone, MB | {4 * points / 1e6:.2f} |")
        print(f"| lasso to panel, s | {statistics.median(seconds):.2f} |")
        print(f"| memory of the server, MB | {server.megabytes:.0f} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--points", type=int, default=0)
    given = parser.parse_args()
    middle: Callable[[list[float]], float] = statistics.median
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        starts = [
            [started(browser, home, what) for what in (HELLO, OURS)] for _ in range(given.rounds)
        ]
        print("| cold start | to healthy, s | first page, s | memory, MB |\n|---|---|---|---|")
        for place, name in enumerate(("streamlit hello", "Kindred, Overview")):
            told = [middle([run[place][i] for run in starts]) for i in range(3)]
            print(f"| {name} | {told[0]:.2f} | {told[1]:.2f} | {told[2]:.0f} |", flush=True)
        print("\n| page | seconds |\n|---|---|")
        with serving(home, HELLO) as peer:
            page = browser.new_page()
            page.goto(peer.url)
            page.wait_for_function(READY, timeout=SLOW)
            links = names(page)
            again = [opened(page, links[-1 - i % 2]) for i in range(2 + 2 * given.rounds)][2:]
            print(f"| streamlit hello, from one page to another | {middle(again):.2f} |")
        with serving(home) as server:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(server.url)
            page.wait_for_function(READY, timeout=SLOW)
            links = names(page)
            times: dict[str, list[float]] = {name: [] for name in links}
            for number in range(given.rounds + 1):
                for name in [*links[1:], links[0]]:
                    times[name].append(opened(page, name))
                if not number:
                    for path in (*FIRST, ""):
                        page.goto(server.url + path)
                        page.wait_for_function(READY, timeout=SLOW)
            for name, found in times.items():
                print(f"| {name} | {middle(found[1:]):.2f} |")
            print(f"\nmemory with all default models and pages, MB: {server.megabytes:.0f}")
        if given.points:
            large(browser, home, given.points)
        browser.close()


if __name__ == "__main__":
    main()
