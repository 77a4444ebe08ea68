"""Someone searches with words, an image, a sound, and all of them."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.pages import Open, settled, wait_for_params


def search(**params: str) -> str:
    return "/search?" + urlencode(params)


def queried(page: Page, pattern: str) -> None:
    """Wait until the address holds a query."""
    wait_for_params(page, lambda params: bool(re.fullmatch(pattern, params.get("q", ""))))


def ranks(page: Page) -> list[str]:
    """The cards of all hits as texts that begin with the rank, in the order of the page."""
    settled(page)
    card = "e => e.closest('[data-testid=stVerticalBlock]').innerText"
    return [str(text) for text in page.locator(".k-score").evaluate_all(f"all => all.map({card})")]


def counted(page: Page, kind: str) -> None:
    expect(page.get_by_text(re.compile(rf"^[\d,]+ of [\d,]+ {kind}s?"))).to_be_visible()


def give(page: Page, button: str, path: Path) -> None:
    settled(page)
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_test_id("stPopoverBody").locator("input[type=file]").first.set_input_files(path)
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)  # what is found lies under it


def test_words_find_every_kind(visit: Open) -> None:
    page = visit("/search")
    line = page.get_by_role("searchbox", name="What are you looking for?")
    line.fill('"a stormy night" - people')
    line.press("Enter")
    for kind in ("post", "image", "text", "sound", "user", "word"):
        counted(page, kind)
    found = ranks(page)
    assert len(found) == 6 * 6 and found[0].startswith("1")
    queried(page, '"a stormy night" - people')
    expect(page.get_by_role("button", name="− “people”")).to_be_visible()


def test_one_target_shows_more(visit: Open) -> None:
    page = visit(search(q='"music"', to="audio"))
    counted(page, "sound")
    assert len(ranks(page)) == 24
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".k-score")).to_have_count(48)


def test_image_finds_images(visit: Open, photo: Path) -> None:
    page = visit(search(to="image"))
    give(page, "Image", photo)
    counted(page, "image")
    queried(page, "image:.*")
    # The photo is in the corpus: nothing lies nearer to it than itself.
    expect(page.locator(".k-score").first).to_contain_text("1")
    settled(page)
    expect(page.locator(".k-score").first).to_contain_text("strong match")


def test_sound_finds_sounds(visit: Open, sound: Path) -> None:
    page = visit(search(to="audio"))
    give(page, "Sound", sound)
    counted(page, "sound")
    queried(page, "audio:.*")
    expect(page.locator("audio").nth(6)).to_be_attached()


def test_mixed_query_and_its_reload(visit: Open, photo: Path) -> None:
    page = visit(search(q='"winter" - "people"', to="post"))
    counted(page, "post")
    give(page, "Image", photo)
    expect(page).to_have_url(re.compile("image%3A"))
    before = ranks(page)
    queried(page, r'"winter" - "people" \+ image:[0-9a-f]{40}')
    page.reload()
    counted(page, "post")
    assert ranks(page) == before


def test_chips_change_sign_and_go(visit: Open) -> None:
    page = visit(search(q='"winter" + "children"', to="post"))
    counted(page, "post")
    before = ranks(page)
    page.get_by_role("button", name="+ “children”").click()
    page.get_by_role("radio", name="Subtract").or_(
        page.get_by_role("button", name="Subtract")
    ).first.click()
    expect(page.get_by_role("button", name="− “children”")).to_be_visible()
    queried(page, '"winter" - "children"')
    assert ranks(page) != before
    page.go_back()
    expect(page.get_by_role("button", name="+ “children”")).to_be_visible()
    assert ranks(page) == before


def test_more_like_this(visit: Open) -> None:
    page = visit(search(q='"a cat"', to="user"))
    counted(page, "user")
    settled(page)
    page.get_by_role("button", name="More like this").first.click()
    expect(page).to_have_url(re.compile("q=%40"))
    counted(page, "user")


def test_filters_narrow_and_stay_in_the_link(visit: Open) -> None:
    page = visit(search(q='"a cat"', to="post", sources="openmoji"))
    counted(page, "post")
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()
    expect(page.get_by_text("that match the filters")).to_be_visible()
    shown = len(ranks(page))
    assert page.locator(".k-meta").filter(has_text="OpenMoji").count() == shown == 24


def test_a_query_that_cannot_be_read_says_where(visit: Open) -> None:
    page = visit(search(q='"never closed'))
    expect(page.get_by_test_id("stAlert").first).to_contain_text("quot")


def test_export_names_its_rows(visit: Open) -> None:
    page = visit(search(q='"a cat"', to="image"))
    counted(page, "image")
    settled(page)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    with waiting.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 24  # all results, not only those on the page
    assert [row["rank"] for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert all(row["id"] and row["licence"] and row["source"] for row in rows)


def test_starters_work(visit: Open) -> None:
    page = visit("/search")
    expect(page.get_by_text("Search with anything, find anything")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Try it").last.click()
    counted(page, "post")
    settled(page)
    alerts = page.get_by_test_id("stAlert").filter(has_not_text="Nothing here is close to this")
    expect(alerts).to_have_count(0)


def test_facets_filter_and_say_how_many(visit: Open) -> None:
    page = visit(search(q='"a happy dog"', to="post"))
    counted(page, "post")
    settled(page)
    page.get_by_text(re.compile(r"^Narrow down the best \d+")).click()
    page.locator(".st-key-facet_emotions_joy button").first.click()
    wait_for_params(page, lambda params: params.get("emotions") == "joy")
    settled(page)
    expect(page.get_by_text("that match the filters")).to_be_visible()
    moods = page.locator(".k-meta").filter(has_text=re.compile("^joy"))
    assert moods.count() == len(ranks(page)) > 0


def test_a_search_is_saved_and_opened_again(visit: Open) -> None:
    page = visit(search(q='"a red car"', to="post", languages="en"))
    counted(page, "post")
    settled(page)
    page.get_by_role("button", name="Save").click()
    field = page.get_by_label("Save this search as")
    field.fill("red cars")
    field.press("Enter")
    expect(page.get_by_role("button", name="Saved (1)")).to_be_visible()
    page = visit("/search")
    settled(page)
    page.get_by_role("button", name="Saved (1)").click()
    page.get_by_role("button", name="red cars", exact=True).click()
    wait_for_params(page, lambda params: params.get("languages") == "en")
    counted(page, "post")
