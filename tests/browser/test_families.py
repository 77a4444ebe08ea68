"""Families and reactions of the synthetic corpus, as a new user walks through them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.pages import Open, params, settled, wait_for_params


def test_from_coordinated_posting_to_its_posts_and_back(visit: Open) -> None:
    page = visit("/families?corpus=larkhaven")
    settled(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("Synthetic corpus")).to_be_visible()
    expect(main.get_by_text("16 users posted the same within minutes, twice")).to_be_visible()
    # Cards of pictures are not much higher than those of texts beside them, which would be empty.
    shape = "all => all.map(e => e.clientHeight / e.clientWidth)"
    assert 0 < max(main.get_by_test_id("stImage").locator("img").evaluate_all(shape)) < 0.5
    main.get_by_role("button", name=re.compile("^Open the posts of 7 April")).click()
    wait_for_params(page, lambda found: "family" in found)
    settled(page)
    expect(main.get_by_role("heading", name="A family of 16 posts")).to_be_visible()
    page.go_back()
    wait_for_params(page, lambda found: "family" not in found)
    settled(page)
    expect(main.get_by_role("heading", name="Coordinated posting")).to_be_visible()
    assert params(page)["corpus"] == "larkhaven"


def test_the_network_is_drawn_and_names_the_bridge(visit: Open) -> None:
    page = visit("/reactions?corpus=larkhaven")
    settled(page)
    main = page.get_by_test_id("stMain")
    network = main.get_by_role("img", name=re.compile("^Network of 94 users with"))
    expect(network).to_be_visible()
    assert network.evaluate("image => image.complete && image.naturalWidth > 0")
    point = main.locator(".k-network a", has_text="Nina Roth")
    expect(point).to_have_attribute("title", re.compile(r"^Nina Roth · .* · \d+ reactions$"))
    point.click()
    expect(main.get_by_role("heading", name="Nina Roth").first).to_be_visible()
    page.go_back()
    wait_for_params(page, lambda found: "user" not in found)
    settled(page)
    first = main.locator("table").first.locator("tbody tr").first
    expect(first).to_contain_text("Nina Roth")
    first.get_by_role("link", name="Nina Roth").click()
    expect(main.get_by_role("heading", name="Nina Roth").first).to_be_visible()
    assert params(page)["corpus"] == "larkhaven"
