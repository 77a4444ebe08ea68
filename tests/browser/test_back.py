"""All pages in both themes, and Back, which leads to the page as it was."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Open, barriers, is_dark, settled

# All pages, in the order of the navigation; what a tab of the browser calls them.
NAVIGATION = (
    "Overview",
    "Analyse a post",
    "Search",
    "Corpora",
    "Users",
    "Posts",
    "Words",
    "A user",
    "Over time",
    "Families",
    "Reactions",
    "Compare",
    "Label",
    "Train",
    "Errors",
)
TITLES = {name: f"{name} · Kindred" for name in NAVIGATION} | {"Overview": "Kindred"}


def heading(page: Page, before: str = "") -> str:
    """The heading of a page, once it is another than that of the page before."""
    found = page.get_by_test_id("stMain").get_by_role("heading", level=1)
    expect(found).not_to_have_text(before)
    settled(page)
    return found.inner_text()


def in_the(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Let the system change its theme while the page is open, and wait until it has followed."""
    page.emulate_media(color_scheme=scheme)
    ground = 'getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor'
    page.wait_for_function(
        f"dark => (parseInt({ground}.match(/[0-9]+/)) < 128) === dark", arg=scheme == "dark"
    )
    settled(page)
    assert is_dark(page) == (scheme == "dark")


def legible(page: Page, name: str) -> None:
    """A page has its title, one heading above all others, and no barrier in either theme."""
    expect(page).to_have_title(TITLES[name])
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_count(1)
    assert is_dark(page)
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        in_the(page, scheme)
        found = barriers(page)
        assert not found, f"{name} in the {scheme}: {found}"
    in_the(page, "dark")


def test_all_pages_in_both_themes_and_back(visit: Open) -> None:
    page = visit("/", scheme="dark")
    seen = [(page.url, heading(page))]
    legible(page, "Overview")
    links = page.get_by_test_id("stSidebarNavLink")
    assert [text.splitlines()[-1] for text in links.all_inner_texts()] == [*NAVIGATION]
    for link in links.all():
        expect(link).to_be_in_viewport(ratio=1)
    for name in NAVIGATION[1:]:
        before = page.url
        links.filter(has_text=re.compile(f"{name}$")).click()
        page.wait_for_url(lambda url: url != before)  # noqa: B023
        seen.append((page.url, heading(page, seen[-1][1])))
        legible(page, name)
    assert len({title for _, title in seen}) == len(NAVIGATION)
    for url, title in reversed(seen[:-1]):
        page.go_back()
        expect(page).to_have_url(url)
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


@pytest.mark.parametrize(
    ("path", "button", "leads_to"),
    [
        ("/analyse?text=What+a+lovely+day", "Search with this post", "/search"),
        ('/search?q="sunset"&to=user', "Open page", "/user"),
        ("/user?user=oca:yvesguillou", "Select these posts", "/posts"),
    ],
)
def test_back_from_where_a_button_led(visit: Open, path: str, button: str, leads_to: str) -> None:
    page = visit(path)
    title, there = heading(page), page.url
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name=button).or_(main.get_by_role("link", name=button)).first.click()
    page.wait_for_url(re.compile(leads_to + r"\b"))
    settled(page)
    page.go_back()
    expect(page).to_have_url(there)
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    settled(page)
    expect(page).to_have_url(there)


def test_the_pages_are_found_on_a_phone(visit: Open) -> None:
    page = visit("/", width=390)
    settled(page)
    button = page.get_by_test_id("stExpandSidebarButton")
    assert "Pages" in button.evaluate("e => getComputedStyle(e, '::after').content")
    button.click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile("Families$")).click()
    expect(page.get_by_role("heading", name="Families", level=1)).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    assert not barriers(page)
