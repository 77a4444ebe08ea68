"""Someone labels posts with the keyboard."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.pages import Open, settled, wait_for_params


def test_values_are_typed_and_then_given_by_their_keys(visit: Open) -> None:
    page = visit("/label?corpus=larkhaven")
    page.get_by_role("textbox", name="Label").fill("keys")
    page.keyboard.press("Enter")
    wait_for_params(page, lambda params: params.get("label") == "keys")
    page.get_by_role("textbox", name="Add a value").click()
    for value in ("for", "against"):
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=value)).to_be_visible()
        settled(page)
    for number, key in enumerate("12", 1):
        page.keyboard.press(key)
        expect(page.get_by_text(f"{700 - number} posts without a value")).to_be_visible()
        settled(page)
    expect(page.get_by_role("textbox", name="Add a value")).to_have_value("")
    page.keyboard.press("u")
    expect(page.get_by_text("699 posts without a value")).to_be_visible()
