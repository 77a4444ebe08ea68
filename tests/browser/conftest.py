"""The app served as `make run` serves it, and a real browser to look at it.

Set ``KINDRED_URL`` to look at an app that is already running.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Page,
    Playwright,
    Response,
    expect,
    sync_playwright,
)

from tests.browser.pages import SLOW, Open
from tests.sockets import free_port
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parents[2]
MEDIA = ROOT / "assets" / "corpus" / "media"
# The one without a window of its own loads a page with a fifth less work.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
# Debian's Chromium without a screen, a GPU, a network, a camera or a microphone: it
# sends a test picture and a beep in their place.
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # Without a GPU it would emulate one to draw pages, too, which costs three times as much.
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
    "--disable-quic",
    "--disable-background-networking",
    # A page lives for seconds: what the compilers would optimise is not worth their time.
    "--js-flags=--no-opt --no-maglev --max-lazy",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]

# Without a GPU each frame of an animation is drawn by the processor, sixty times a second for as
# long as a test waits.
CALM: dict[str, Any] = {"reduced_motion": "reduce"}
HEALTH = "/_stcore/health"  # a page of a word, without scripts
PHONE = 768  # pixels, below which Streamlit closes its sidebar


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace that the server serves."""
    return tmp_path_factory.mktemp("home") / "kindred"


@pytest.fixture(scope="session")
def url(served_home: Path) -> Iterator[str]:
    if given := os.environ.get("KINDRED_URL"):
        yield given.rstrip("/")
        return
    port = free_port()
    log = served_home.with_name("log").open("wb")
    command = [sys.executable, "-m", "streamlit", "run", "app/server.py"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "KINDRED_HOME": str(served_home)},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a signal to its group must not reach pytest
    )
    address = f"http://127.0.0.1:{port}"
    log_text = served_home.with_name("log").read_text
    try:
        until(lambda: server.poll() is not None or _healthy(address), log_text)
        assert server.poll() is None, log_text()
        yield address
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)
        log.close()


def _healthy(address: str) -> bool:
    try:
        with urlopen(address + HEALTH, timeout=PATIENCE):
            return True
    except (URLError, OSError):
        return False


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium-headless-shell")
    launched = driver.chromium.launch(executable_path=program, args=FLAGS)
    yield launched
    launched.close()


@dataclass(eq=False)
class Tab:
    """A page that tests use one after the other: it has compiled the scripts of the app.

    Attributes
    ----------
    page : Page
    rest : str
        Where it waits between tests. With an address of another site, "about:blank" even, Chromium
        would begin a new process, which compiles everything again.
    failures : list of str
        Errors of scripts, failed answers and dialogs since the last visitor left.
    """

    page: Page
    rest: str
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SLOW)
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))
        self.page.on("response", self._answered)
        self.page.on("dialog", self._asked)

    def _asked(self, dialog: Dialog) -> None:
        self.failures.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _answered(self, response: Response) -> None:
        # Images of a page that was left at once are gone before the browser asks for them.
        if response.status >= 400 and "/media/" not in response.url:
            self.failures.append(f"{response.status}: {response.url}")

    def leave(self) -> list[str]:
        """Forget the visitor, and return the failures."""
        self.page.mouse.up()
        self.page.mouse.move(0, 0)
        self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.page.goto(self.rest)
        failures, self.failures[:] = list(self.failures), []
        return failures


class Tabs:
    """Tabs of one kind of browser."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self._context = context
        self._rest = url + HEALTH
        self._free: list[Tab] = []

    def take(self) -> Tab:
        return self._free.pop() if self._free else Tab(self._context.new_page(), self._rest)

    def give_back(self, tab: Tab) -> None:
        self._free.append(tab)


@pytest.fixture(scope="session")
def desk(browser: Browser, url: str) -> Tabs:
    return Tabs(browser.new_context(**CALM), url)


@pytest.fixture(scope="session")
def phone(driver: Playwright, browser: Browser, url: str) -> Tabs:
    """A browser that says it is a phone's: Streamlit closes the sidebar there after a choice."""
    agent = driver.devices["Pixel 7"]["user_agent"]
    context = browser.new_context(viewport={"width": 390, "height": 900}, user_agent=agent, **CALM)
    return Tabs(context, url)


@pytest.fixture
def visit(url: str, desk: Tabs, phone: Tabs) -> Iterator[Open]:
    """Open a path as a new visitor; at the end, no page may have shown a failure."""
    expect.set_options(timeout=SLOW)
    taken: list[tuple[Tabs, Tab]] = []

    def open_page(path: str = "/", *, width: int = 1440, scheme: str = "light") -> Page:
        tabs = desk if width > PHONE else phone
        tab = tabs.take()
        taken.append((tabs, tab))
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        tab.page.goto(url + path)
        return tab.page

    yield open_page
    failures = []
    for tabs, tab in taken:
        told = tab.page.get_by_test_id("stException").all_inner_texts()
        failures += [*told, *tab.leave()]
        tabs.give_back(tab)
    assert not failures


@pytest.fixture(scope="session")
def photo() -> Path:
    return next(iter(sorted((MEDIA / "tuxpaint").glob("*.webp"))))


@pytest.fixture(scope="session")
def sound() -> Path:
    found = sorted(p for p in (MEDIA / "sonic-pi").iterdir() if p.suffix in (".ogg", ".flac"))
    return max(found, key=lambda p: p.stat().st_size)
