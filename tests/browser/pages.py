"""Steps that every test in the browser needs: wait for the app, read its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

SLOW = 300_000  # ms; only a failure takes as long, or the first analysis on a busy machine

Open = Callable[..., Page]


def settled(page: Page) -> None:
    """Wait until the app has nothing left to do."""
    page.get_by_test_id("stApp").wait_for()
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-testid=stSkeleton]')",
        timeout=SLOW,
    )


def brightness(page: Page, style: str) -> float:
    """How bright a colour of the app is, 0 to 1; `style` as CSS names it in scripts."""
    colour = page.get_by_test_id("stApp").evaluate(f"e => getComputedStyle(e).{style}")
    parts = [int(n) for n in re.findall(r"\d+", colour)[:3]]
    return sum(parts) / 3 / 255


def is_dark(page: Page) -> bool:
    """Whether the app has light letters on a dark ground; fails where neither is clear."""
    ground, ink = brightness(page, "backgroundColor"), brightness(page, "color")
    dark, light = ground < 0.15 and ink > 0.8, ground > 0.9 and ink < 0.25
    assert dark or light, f"letters of {ink:.2f} on {ground:.2f}"
    return dark


def params(page: Page) -> dict[str, str]:
    """The parameters in the address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def wait_for_params(page: Page, met: Callable[[dict[str, str]], bool]) -> None:
    """Wait until the address has the parameters that a test asks for."""
    page.wait_for_url(
        lambda url: met({name: v[0] for name, v in parse_qs(urlsplit(url).query).items()}),
        wait_until="commit",
        timeout=SLOW,
    )


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical for people who cannot see or click well."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(80):  # the navigation comes first
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError("the keyboard does not reach it")
