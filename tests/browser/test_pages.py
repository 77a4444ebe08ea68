"""Pages open whole, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Open, barriers, is_dark, settled, tab_to, wait_for_params


def test_overview_is_complete(visit: Open) -> None:
    page = visit("/")
    expect(page).to_have_title("Kindred")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("heading", name="Sources and licences")).to_be_visible()
    expect(main.get_by_role("img", name=re.compile("Emotion wheel: "))).to_be_visible()
    for label in ("Posts", "Users", "Languages", "Sources"):
        value = main.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{label}"))
        expect(value).to_have_text(re.compile(r"[1-9]"))
    for said in (
        "Corpus commons",
        "Bundle commons-1",
        "Runs on",
        "Posts with",
        "Languages",
        "Sentiment",
    ):
        expect(main.get_by_text(said).first).to_be_visible()
    rows = main.locator("table").first.locator("tbody tr")
    expect(rows.nth(2)).to_be_visible()
    settled(page)
    for row in rows.all():
        assert row.locator("td").last.inner_text().strip(), "a source without a licence"
    main.get_by_text("Model card: training data").click()
    expect(main.get_by_test_id("stExpander").get_by_role("heading").first).to_be_visible()


def test_start_here_leads_to_analyse(visit: Open) -> None:
    page = visit("/")
    page.get_by_role("button", name="Start here").click()
    expect(page.get_by_role("heading", name="Analyse a post")).to_be_visible()
    expect(page).to_have_url(re.compile("/analyse"))


def test_the_theme_follows_the_system(visit: Open) -> None:
    page = visit("/")  # in the dark: `test_all_pages_in_both_themes_and_back`
    settled(page)
    assert not is_dark(page)
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_count(1)
    assert not barriers(page)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/analyse?text=What+a+lovely+day",
        '/search?q="sunset"&to=image',
        "/users?sel=group:medium:0",
        "/user?user=oca:yvesguillou",
        "/posts?colour=emotion",
        "/words?q=cat",
        "/families?corpus=larkhaven",
        "/reactions?corpus=larkhaven",
        "/compare?corpus=larkhaven",
        "/trends?corpus=larkhaven",
    ],
)
def test_nothing_runs_over_the_edge_of_a_phone(visit: Open, path: str) -> None:
    page = visit(path, width=390)
    expect(page.get_by_test_id("stMain").get_by_role("heading").first).to_be_visible()
    settled(page)
    wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 1
    main = page.get_by_test_id("stMain")
    beyond = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    assert main.locator(".k-scroll").evaluate_all(beyond) == [], "tables are cut"
    tall = "all => all.filter(e => e.clientHeight > 160).map(e => e.innerText)"
    assert main.locator("td").evaluate_all(tall) == [], "a letter or two a line"
    assert not barriers(page)


def test_the_fields_of_a_toolbar_have_their_names_on_one_line(visit: Open) -> None:
    page = visit("/users")
    settled(page)
    names = page.get_by_test_id("stMain").get_by_test_id("stWidgetLabel")
    tops = [
        names.filter(has_text=name).first.evaluate("e => e.getBoundingClientRect().top")
        for name in ("Colour by", "Clusters", "Find on the map")
    ]
    assert max(tops) - min(tops) <= 1


def test_a_row_of_options_that_wraps_has_its_end(visit: Open) -> None:
    page = visit('/search?q="sunset"&to=audio', width=390)  # "Sounds" begins the second row
    settled(page)
    options = page.get_by_role("radiogroup", name="Find").get_by_role("radio")
    last, chosen = options.filter(has_text="Texts"), options.filter(has_text="Sounds")
    above, below = last.bounding_box(), chosen.bounding_box()
    assert above and below and below["y"] > above["y"] + above["height"] - 1
    line = last.evaluate("e => getComputedStyle(e).borderRightColor")
    assert line != "rgba(0, 0, 0, 0)", "no line at the end of the row"


def test_keyboard_reaches_the_text(visit: Open) -> None:
    page = visit("/analyse")
    box = page.get_by_role("textbox", name="What does the post say?")
    box.focus()
    page.keyboard.type("I miss you")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("img", name=re.compile("Emotion wheel: "))).to_be_visible()


def test_all_of_search_by_keyboard(visit: Open) -> None:
    page = visit("/search")
    settled(page)
    line = page.get_by_role("searchbox", name="What are you looking for?")
    tab_to(page, line)
    page.keyboard.type('"a stormy night"')
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ posts"))).to_be_visible()
    settled(page)
    tab_to(page, page.get_by_role("button", name="More like this").first)
    page.keyboard.press("Enter")
    wait_for_params(page, lambda params: params.get("q", "").startswith("post:"))


def test_images_have_names(visit: Open) -> None:
    page = visit('/search?q="a bird"&to=image')
    expect(page.get_by_text(re.compile(r"of [\d,]+ images"))).to_be_visible()
    settled(page)
    names = page.get_by_test_id("stMain").locator("img").evaluate_all("all => all.map(i => i.alt)")
    assert names and all(names)
