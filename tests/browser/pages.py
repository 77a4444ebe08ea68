"""What every test in the browser needs."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

SLOW = 60_000  # ms; the first analysis loads every encoder

Open = Callable[..., Page]


def settled(page: Page) -> None:
    """Wait until the app has nothing left to do."""
    page.get_by_test_id("stApp").wait_for()
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-testid=stSkeleton]')",
        timeout=SLOW,
    )
