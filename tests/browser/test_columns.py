"""Someone filters a map by its columns, and labels posts with keys."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from backend.domain import Kind
from backend.workspace.workspace import Workspace
from tests.browser.pages import Open, params, settled, wait_for_params
from tests.browser.test_maps import ready


def test_a_click_on_a_value_filters_everything(visit: Open, workspace: Workspace) -> None:
    language = workspace.maps.column(Kind.POST, "language")
    joy = np.asarray(workspace.maps.column(Kind.POST, "joy").values)
    assert language.categories is not None
    french = np.asarray(language.values) == language.categories.index("fr")
    page = visit("/posts?panel=columns&columns=language|joy")
    ready(page)
    page.get_by_role("button", name=re.compile("^French")).click()
    wait_for_params(page, lambda params: params.get("where") == "language=fr")
    settled(page)
    expect(page.get_by_text(f"Showing {int(french.sum())} of ")).to_be_visible()
    expect(page.get_by_role("button", name="Language: French")).to_be_visible()

    low = page.get_by_role("spinbutton", name="Joy from")
    low.fill("0.2")
    low.press("Enter")
    wait_for_params(page, lambda params: "joy=0.2" in params.get("where", ""))
    settled(page)
    high = float(params(page)["where"].split("..")[1])
    both = int((french & (joy >= 0.2) & (joy <= high)).sum())
    expect(page.get_by_text(f"Showing {both} of ")).to_be_visible()
    page.get_by_role("button", name=re.compile("^French")).click()
    wait_for_params(page, lambda params: "language" not in params.get("where", "language"))


def test_keys_label_posts(visit: Open) -> None:
    page = visit("/label?label=taste")
    settled(page)
    for value in ("bland", "spicy"):
        page.get_by_label("Add a value").fill(value)
        page.get_by_label("Add a value").press("Enter")
        expect(page.get_by_role("button", name=re.compile(value))).to_be_visible()
        settled(page)
    page.get_by_role("heading", name="Label", exact=True).click()  # keys are typed nowhere
    page.keyboard.press("1")
    expect(page.get_by_text("1 post labelled")).to_be_visible()
    settled(page)
    page.keyboard.press("2")
    expect(page.get_by_text("2 posts labelled")).to_be_visible()
    settled(page)
    page.keyboard.press("u")
    expect(page.get_by_text("1 post labelled")).to_be_visible()
