"""Starting the app and opening its pages in Chromium, against Streamlit's own hello.

    python -m bench pages [--rounds 3] [--points 100000]

The peer is ``streamlit hello`` in the same run, which computes nothing: it takes the
time of the framework alone. A page is open when its script has finished and nothing is
left to draw. Each page is opened once before it is timed. With ``--points``, a corpus of
that many synthetic posts is written and laid out (`bench.synthetic_corpus`), and its map
is opened, drawn around with the mouse, and its timeline is brushed.
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

from bench.app_server import CHROMIUM, FLAGS, KINDRED, LINK, READY, ROOT, serving

HELLO = ("hello",)
SELECTED = re.compile(r"[\d,]+ of [\d,]+ posts selected")
PERIOD = re.compile(r"^Select the [\d,]+ shown$")
SLOW = 180_000  # ms
WARM_UP = ("/search?q=%22storm%22", "/analyse?text=What+a+day")  # load the models


def cold_start(browser: Browser, home: str, command: tuple[str, ...]) -> tuple[float, float, float]:
    """Return seconds to healthy, further seconds to a finished first page, and MiB after that."""
    with serving(home, command) as server:
        begin = time.perf_counter()
        page = browser.new_page()
        page.set_default_timeout(SLOW)
        page.goto(server.url)
        page.wait_for_function(READY, timeout=SLOW)
        spent = time.perf_counter() - begin
        page.close()
        return server.seconds, spent, server.megabytes


def open_page(page: Page, name: str) -> float:
    """Return the seconds from a click on a page's link to the finished page."""
    before = page.url
    begin = time.perf_counter()
    page.locator(LINK).filter(has_text=re.compile(f"{name}$")).click()
    page.wait_for_function(f"was => location.href !== was && {READY}", arg=before, timeout=SLOW)
    return time.perf_counter() - begin


def page_links(page: Page) -> list[str]:
    """Return the names of the links in the navigation."""
    return [text.strip().splitlines()[-1] for text in page.locator(LINK).all_inner_texts()]


def lasso(page: Page) -> float:
    """Draw around points; return the seconds from the end of the stroke to the finished panel."""
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
    expect(page.get_by_text(SELECTED)).to_be_visible(timeout=SLOW)
    page.wait_for_function(READY, timeout=SLOW)
    return time.perf_counter() - begin


DRAWN = """(frame, was) => new Promise(done => {
  const look = () => Number(frame.dataset.draws) > was
    ? requestAnimationFrame(() => requestAnimationFrame(done)) : requestAnimationFrame(look)
  look()
})"""


def brush(page: Page) -> tuple[float, float]:
    """Brush a third of the timeline.

    Return the seconds from the last move to the redrawn map, and from the release to the
    finished legend and panel.
    """
    page.locator(".strip").first.scroll_into_view_if_needed()
    box = page.locator(".strip").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.wait_for_timeout(500)  # what that move draws is not measured
    before = int(str(page.locator(".frame").first.get_attribute("data-draws")))
    begin = time.perf_counter()
    page.mouse.move(box["x"] + box["width"] * 0.63, y)
    page.locator(".frame").first.evaluate(DRAWN, before)
    drawn = time.perf_counter() - begin
    begin = time.perf_counter()
    page.mouse.up()
    expect(page.get_by_text(PERIOD)).to_be_visible(timeout=SLOW)
    page.wait_for_function(READY, timeout=SLOW)
    return drawn, time.perf_counter() - begin


def measure_map(browser: Browser, home: str, points: int) -> None:
    """Print the figures for the map of a corpus of `points` posts."""
    command = [
        sys.executable,
        "-m",
        "bench.synthetic_corpus",
        home,
        "--posts",
        str(points),
        "--map",
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    received = [0]

    def count(data: str | bytes) -> None:
        received[0] += len(data)

    with serving(home) as server:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(SLOW)
        page.on("websocket", lambda socket: socket.on("framereceived", count))
        page.goto(f"{server.url}/posts?corpus=large")
        page.wait_for_function(READY, timeout=SLOW)
        page.locator(".frame[data-view]").first.wait_for()
        first = received[0]
        seconds, brushed = [], []
        for _ in range(3):
            seconds.append(lasso(page))
            brushed.append(brush(page))
            page.goto(f"{server.url}/posts?corpus=large")
            page.wait_for_function(READY, timeout=SLOW)
            page.locator(".frame[data-view]").first.wait_for()
        print(f"\n| map of {points:,} points | |\n|---|---|")
        print(f"| all that the page receives, MB | {first / 1e6:.2f} |")
        print(f"| its two 16-bit coordinates a point alone, MB | {4 * points / 1e6:.2f} |")
        print(f"| lasso to panel, s | {statistics.median(seconds):.2f} |")
        print(f"| timeline brush to redrawn map, s | {_median(brushed, 0):.2f} |")
        print(f"| timeline brush to legend and panel, s | {_median(brushed, 1):.2f} |")
        print(f"| memory of the server, MB | {server.megabytes:.0f} |")


def _median(pairs: list[tuple[float, float]], part: int) -> float:
    return statistics.median(pair[part] for pair in pairs)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--points", type=int, default=0)
    args = parser.parse_args()
    median: Callable[[list[float]], float] = statistics.median
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        starts = [
            [cold_start(browser, home, command) for command in (HELLO, KINDRED)]
            for _ in range(args.rounds)
        ]
        print("| cold start | to healthy, s | first page, s | memory, MB |\n|---|---|---|---|")
        for place, name in enumerate(("streamlit hello", "Kindred, Overview")):
            medians = [median([run[place][i] for run in starts]) for i in range(3)]
            print(
                f"| {name} | {medians[0]:.2f} | {medians[1]:.2f} | {medians[2]:.0f} |", flush=True
            )
        print("\n| page | seconds |\n|---|---|")
        with serving(home, HELLO) as peer:
            page = browser.new_page()
            page.set_default_timeout(SLOW)
            page.goto(peer.url)
            page.wait_for_function(READY, timeout=SLOW)
            links = page_links(page)
            again = [open_page(page, links[-1 - i % 2]) for i in range(2 + 2 * args.rounds)][2:]
            print(f"| streamlit hello, from one page to another | {median(again):.2f} |")
        with serving(home) as server:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(SLOW)
            page.goto(server.url)
            page.wait_for_function(READY, timeout=SLOW)
            links = page_links(page)
            times: dict[str, list[float]] = {name: [] for name in links}
            for number in range(args.rounds + 1):
                for name in [*links[1:], links[0]]:
                    times[name].append(open_page(page, name))
                if not number:
                    for path in (*WARM_UP, ""):
                        page.goto(server.url + path)
                        page.wait_for_function(READY, timeout=SLOW)
            for name, seconds in times.items():
                print(f"| {name} | {median(seconds[1:]):.2f} |")
            print(f"\nmemory with all default models and pages, MB: {server.megabytes:.0f}")
        if args.points:
            measure_map(browser, home, args.points)
        browser.close()


if __name__ == "__main__":
    main()
