"""The Errors page in a real browser: a click on a cell opens its posts, and they have a link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.browser.looking import Open, settled


def test_a_cell_of_the_matrix_opens_its_posts(visit: Open) -> None:
    page = visit("/errors?models=vader")
    expect(page.get_by_role("heading", name="Confusion")).to_be_visible()
    settled(page)
    matrix = page.get_by_test_id("stDataFrame").nth(1)
    for _ in range(5):  # what loads above moves the matrix: someone would click again
        matrix.scroll_into_view_if_needed()
        box = matrix.bounding_box()
        assert box
        # The third row of the body, second column: positive given as negative.
        page.mouse.click(box["x"] + box["width"] * 0.42, box["y"] + 35 * 3.5)
        try:
            page.wait_for_url(re.compile("sel=cell"), timeout=10_000)
            break
        except TimeoutError:
            continue
    expect(page).to_have_url(re.compile("sel=cell"))
    expect(page.get_by_role("heading", name=re.compile("given as"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"of 892 labelled posts"))).to_be_visible()
    link = page.url
    again = visit(link[link.index("/errors") :])
    expect(again.get_by_role("heading", name=re.compile("given as"))).to_be_visible()
    again.get_by_role("button", name="Why").first.click()
    expect(again.get_by_role("heading", name="Every subset of its modalities")).to_be_visible()


@pytest.mark.parametrize("view", ["", "&view=confidence", "&view=where", "&view=labels"])
def test_nothing_runs_over_the_edge_of_a_phone(visit: Open, view: str) -> None:
    page = visit(f"/errors?models=vader{view}", width=390, scheme="dark")
    expect(page.get_by_role("heading", name="Errors")).to_be_visible()
    settled(page)
    wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 1
