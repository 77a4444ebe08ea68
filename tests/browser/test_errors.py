"""The Errors page in a real browser: a click on a cell opens its posts, and they have a link."""

from __future__ import annotations

import re

from playwright.sync_api import FloatRect, Locator, Page, TimeoutError, expect

from tests.browser.pages import SLOW, Open, settled


def test_cells_bars_and_lines_open_their_posts(visit: Open) -> None:
    page = visit("/errors?models=vader")
    expect(page.get_by_role("heading", name="Confusion matrix")).to_be_visible()
    settled(page)
    matrix = page.get_by_test_id("stDataFrame").nth(1)
    matrix.scroll_into_view_if_needed()
    # The third row of the body, second column: positive predicted as negative.
    click_until(page, matrix, 0.42, 35 * 3.5, "sel=cell")
    expect(page.get_by_role("heading", name=re.compile("predicted as"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"of 892 labelled posts"))).to_be_visible()
    page.reload()  # a new session that knows the link and nothing else
    expect(page.get_by_role("heading", name=re.compile("predicted as"))).to_be_visible()
    page.get_by_role("button", name="Explain").first.click()
    expect(
        page.get_by_role("heading", name="Predictions from each subset of modalities")
    ).to_be_visible()

    # A bar and the line of costs can be clicked, too.
    page.get_by_role("radio", name="Confidence").click()
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts).to_have_count(3)
    settled(page)
    click_until(page, charts.nth(1), 0.93, 30, "sel=bin%3A9")
    expect(page.get_by_role("heading", name="confidence 90 to 100 %")).to_be_visible()
    click_until(page, charts.nth(2), 0.8, 40, r"at=7\d")
    settled(page)  # until the buttons are those of the new threshold
    page.get_by_role("button", name="wrong, withheld").click()
    page.wait_for_url(re.compile(r"sel=spared%3A0\.7"))
    expect(page.get_by_role("heading", name="wrong, withheld below")).to_be_visible()


def test_the_toolbar_of_a_table_writes_no_csv(visit: Open) -> None:
    """Its CSV has texts of posts as they are, which spreadsheets run as formulas."""
    page = visit("/errors?models=vader")
    settled(page)
    table = page.get_by_test_id("stDataFrame").nth(1)
    table.scroll_into_view_if_needed()
    table.hover()
    expect(table.get_by_role("button", name="Fullscreen")).to_be_visible()
    expect(table.get_by_role("button", name=re.compile("CSV"))).to_have_count(0)


def test_nothing_runs_over_the_edge_of_a_phone(visit: Open) -> None:
    page = visit("/errors?models=vader,probe", width=390, scheme="dark")
    expect(page.get_by_role("heading", name="Errors")).to_be_visible()
    settled(page)  # a click while the page is being drawn is lost
    for view, heading in (
        ("Metrics", "Confusion matrix"),
        ("Confidence", "Answer only when confident"),
        ("Where it fails", "Hardest posts"),
        ("Label issues", "Near-duplicates with different labels"),
        ("Compare models", "Predictions of one model against the other"),
    ):
        page.get_by_role("radio", name=view).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        settled(page)
        wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
        assert wide <= 1, view


def test_no_count_of_two_models_is_cut_off(visit: Open) -> None:
    page = visit("/errors?view=versus")
    counts = page.locator('[class*="st-key-errors_pair_"] button').get_by_test_id(
        "stMarkdownContainer"
    )
    expect(counts).to_have_count(6)
    settled(page)
    cut = counts.evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    )
    assert not cut


def click_until(page: Page, element: Locator, right: float, down: float, url: str) -> None:
    """Click in a drawing until the address tells of it: what loads above may move it meanwhile.

    `right` is a share of its width, `down` is in pixels.
    """
    for _ in range(6):
        settled(page)
        element.scroll_into_view_if_needed()
        box = still(page, element)
        page.mouse.click(box["x"] + box["width"] * right, box["y"] + down)
        try:
            page.wait_for_url(re.compile(url), wait_until="commit", timeout=SLOW / 6)
            return
        except TimeoutError:
            continue
    expect(page).to_have_url(re.compile(url))


def still(page: Page, element: Locator) -> FloatRect:
    """Where an element stands once nothing above it moves it any more."""
    before = None
    while (box := element.bounding_box()) != before or box is None:
        before = box
        page.wait_for_timeout(250)
    return box


def test_where_nothing_hovers_the_tools_of_tables_cover_nothing(visit: Open) -> None:
    page = visit("/errors?models=vader", width=390)
    phone = page.context.new_cdp_session(page)
    phone.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        page.reload()
        settled(page)
        tools = page.get_by_test_id("stElementToolbar")
        expect(tools).to_have_count(page.get_by_test_id("stDataFrame").count())
        covered = """(bar) => {
            const at = bar.getBoundingClientRect();
            const other = [...document.querySelectorAll("[data-testid=stMain] button, p, h3")];
            return other.filter(e => !bar.contains(e)).map(e => [e, e.getBoundingClientRect()])
                .filter(([e, r]) => r.width && r.bottom > at.top + 1 && r.top < at.bottom - 1
                    && r.right > at.left && r.left < at.right).map(([e]) => e.innerText);
        }"""
        for tool in tools.all():
            assert tool.evaluate(covered) == []
    finally:
        phone.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
        phone.detach()
