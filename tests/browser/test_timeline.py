"""Someone brushes the timeline below a map and draws around what is left."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page, expect

from backend.domain import Kind
from backend.workspace.workspace import Workspace
from tests.browser.pages import Open, params, settled, wait_for_params
from tests.browser.test_maps import drawn, ids, inside, lasso, ready, screen


def brush(page: Page, first: float, last: float) -> None:
    """Drag over a part of the timeline, given as fractions of its width."""
    page.locator(".strip").first.scroll_into_view_if_needed()
    box = page.locator(".strip").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * first, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (first + last) / 2, y)
    page.mouse.move(box["x"] + box["width"] * last, y)
    page.mouse.up()


def test_a_period_hides_points_and_they_are_not_taken(visit: Open, workspace: Workspace) -> None:
    made, times = workspace.maps.map(Kind.POST), workspace.trends.times(Kind.POST)
    page = visit("/posts")
    ready(page)
    brush(page, 0.05, 0.45)
    wait_for_params(page, lambda params: "time" in params)
    settled(page)
    start, end = (int(np.datetime64(t).astype("datetime64[s]").astype(int))
                  for t in params(page)["time"].split(".."))  # fmt: skip
    now = np.zeros(len(made.ids), dtype=bool)
    now[times.rows[(times.seconds >= start) & (times.seconds < end)]] = True
    assert 0 < now.sum() < len(times.rows)
    expect(page.get_by_text(f"Showing {int(now.sum()):,} of ")).to_be_visible()
    page.get_by_role("heading", name="Posts", exact=True).scroll_into_view_if_needed()
    at = ready(page)
    middle = np.array((at["width"] / 2, at["height"] / 2))
    lasso(page, at, middle, 0.48 * min(at["width"], at["height"]))
    expected = set(made.ids[inside(screen(made, at), drawn(page)) & now])
    assert expected and ids(page) == expected

    # the link shows the same, and all of it comes back
    again = visit(page.url.removeprefix(page.url.split("/posts")[0]))
    ready(again)
    expect(again.get_by_text(f"Showing {int(now.sum()):,} of ")).to_be_visible()
    again.get_by_role("button", name="All times").click()
    expect(again.get_by_text(re.compile("^Showing all "))).to_be_visible()


def test_a_replay_moves_and_stops(visit: Open) -> None:
    page = visit("/users")
    ready(page)
    strip = page.locator(".time")
    page.get_by_role("button", name="Replay").click()
    expect(strip).to_have_attribute("data-span", re.compile(r"\[[1-9]"))
    page.get_by_role("button", name="Pause").click()
    wait_for_params(page, lambda params: "time" in params)
    settled(page)
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    page.locator(".strip").press("Escape")
    wait_for_params(page, lambda params: "time" not in params)
    expect(strip).to_have_attribute("data-span", "null")
