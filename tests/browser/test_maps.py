"""Someone draws around points on a map, learns about them, saves, compares and exports them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Download, Page, expect

from app.components.shared.post_card import alt_text
from app.data.map_colours import CATEGORIES
from app.data.map_payload import UNIT, quantised
from backend.domain import Kind
from backend.maps import Map
from backend.workspace.workspace import Workspace
from tests.browser.pages import Open, settled, wait_for_params

TOLD = re.compile(r"[\d,]+ of [\d,]+ (posts|users) selected")


def ready(page: Page) -> dict[str, float]:
    """Wait for the map; where its middle is on the screen, and how large a unit is."""
    settled(page)
    frame = page.locator(".frame[data-view]").first
    frame.wait_for()
    k, x, y = json.loads(str(frame.get_attribute("data-view")))
    box = page.locator(".over").first.bounding_box()
    assert box is not None
    return {"k": k, "x": x, "y": y, "left": box["x"], "top": box["y"], **_size(box)}


def _size(box: object) -> dict[str, float]:
    return {"width": box["width"], "height": box["height"]}  # type: ignore[index]


def screen(made: Map, at: dict[str, float]) -> np.ndarray:
    """Where each point is drawn, in pixels of the map, ``(n, 2)``."""
    q = quantised(made.xy).astype(float) / UNIT
    return np.stack([q[:, 0] * at["k"] + at["x"], at["y"] - q[:, 1] * at["k"]], axis=1)


def inside(points: np.ndarray, path: Sequence[tuple[float, float]]) -> np.ndarray:
    """Which points lie in a polygon, by the angle that it turns around each."""
    turned = np.zeros(len(points))
    corners = np.array([*path, path[0]])
    for a, b in pairwise(corners):
        u, v = a - points, b - points
        turned += np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(axis=1))
    return np.abs(turned) > math.pi


def lasso(page: Page, at: dict[str, float], centre: np.ndarray, radius: float) -> None:
    """Draw around a place with the mouse and wait for the answer."""
    path = [
        (centre[0] + radius * math.cos(a), centre[1] + 0.8 * radius * math.sin(a))
        for a in np.linspace(0, 2 * math.pi, 25)[:-1]
    ]
    page.mouse.move(at["left"] + path[0][0], at["top"] + path[0][1])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(at["left"] + x, at["top"] + y)
    page.mouse.up()
    expect(page.get_by_text(TOLD)).to_be_visible()
    settled(page)


def drawn(page: Page) -> list[tuple[float, float]]:
    """The outline that the browser took."""
    return json.loads(str(page.locator(".frame").first.get_attribute("data-path")))


def number(page: Page) -> int:
    return int(page.get_by_text(TOLD).inner_text().split(" of ")[0].replace(",", ""))


def export(page: Page, form: str = "CSV") -> Download:
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=form, exact=True).click()
    page.keyboard.press("Escape")
    return waiting.value


def ids(page: Page) -> set[str]:
    return set(pd.read_csv(export(page).path())["id"])


def save(page: Page, name: str) -> None:
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    settled(page)


def middle(made: Map, at: dict[str, float], number: int) -> np.ndarray:
    """The middle of a group, in pixels."""
    points = screen(made, at)[made.level().labels == number]
    return np.median(points, axis=0)


@pytest.mark.parametrize(("width", "named"), [(1440, 7), (390, 3)])
@pytest.mark.parametrize("path", ["/posts", "/users", "/posts?corpus=larkhaven"])
def test_the_largest_clusters_have_their_names_on_the_map(
    visit: Open, path: str, width: int, named: int
) -> None:
    page = visit(path, width=width)
    ready(page)
    shown = str(page.locator(".frame[data-view]").first.get_attribute("data-named")).split()
    assert set(map(str, range(named))) <= set(shown)  # the largest have the first ids


@pytest.mark.parametrize("kind", [Kind.USER, Kind.POST])
def test_thumbnails_show_what_is_typical_of_a_cluster(
    visit: Open, workspace: Workspace, kind: Kind
) -> None:
    """Its posts most like all of its posts, which are not those nearest to its middle."""
    made = workspace.maps.map(kind)
    page = visit(f"/{kind.value}s")
    ready(page)
    main = page.get_by_test_id("stMain")
    for cluster in sorted(made.level().clusters, key=lambda c: -c.size)[:6]:
        card = main.locator("[data-testid=stVerticalBlock]").filter(
            has=page.get_by_role("button", name=cluster.label, exact=True)
        )
        posts = workspace.posts(list(cluster.typical[:4])).values()
        wanted = [alt_text(post).strip() for post in posts if post.image]
        images = card.last.locator("img")
        expect(images).to_have_count(len(wanted))
        assert [image.get_attribute("alt") for image in images.all()] == wanted
        assert images.evaluate_all("all => all.every(i => i.complete && i.naturalWidth > 0)")


@pytest.mark.parametrize("path", ["/posts", "/posts?corpus=larkhaven"])
def test_no_point_lies_under_the_tools(visit: Open, workspace: Workspace, path: str) -> None:
    made = workspace.maps.map(Kind.POST, "larkhaven" if "larkhaven" in path else None)
    page = visit(path)
    points = screen(made, at := ready(page))
    tools = page.locator(".tools").first.bounding_box()
    assert tools is not None
    right = tools["x"] + tools["width"] - at["left"]
    bottom = tools["y"] + tools["height"] - at["top"]
    assert not ((points[:, 0] < right) & (points[:, 1] < bottom)).any()
    assert (points > 0).all() and (points < (at["width"], at["height"])).all()


def test_lasso_takes_what_is_inside_and_keeps_it(visit: Open, workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST)
    page = visit("/posts")
    at = ready(page)
    lasso(page, at, middle(made, at, 0), 45)
    expected = set(made.ids[inside(screen(made, at), drawn(page))])
    assert len(expected) > 20
    assert number(page) == len(expected)
    assert ids(page) == expected

    # another colour, another page, and back
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="Emotion", exact=True).click()
    expect(page.locator(".k-entry").filter(has_text="joy")).to_be_visible()
    assert number(page) == len(expected)
    expect(page.locator(".k-entry").filter(has_text=re.compile(r"\d+ / \d+")).first).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Search").click()
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile("Posts$")).click()
    expect(page.get_by_text(TOLD)).to_be_visible()
    settled(page)
    assert ids(page) == expected

    # saved and opened in another session
    save(page, "My lasso")
    wait_for_params(page, lambda params: params.get("sel") == "saved:My lasso")
    again = visit("/posts")
    ready(again)
    again.get_by_role("button", name="My lasso").click()
    expect(again.get_by_text(TOLD)).to_be_visible()
    settled(again)
    assert ids(again) == expected
    table = pd.read_parquet(export(again, "Parquet").path())
    assert set(table["id"]) == expected
    assert {"user", "name", "text", "emotion"} <= set(table.columns)
    authored = table["user"].notna()
    assert authored.any() and table.loc[authored, "name"].notna().all()


def touch(page: Page, path: Sequence[tuple[float, float]]) -> None:
    """Draw with a finger."""
    phone = page.context.new_cdp_session(page)
    phone.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for number, (x, y) in enumerate(path):
        kind = "touchMove" if number else "touchStart"
        phone.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    phone.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.detach()


def test_a_finger_draws_a_box_on_a_phone(visit: Open, workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST)
    page = visit("/posts", width=390)
    ready(page)
    page.locator(".over").first.scroll_into_view_if_needed()
    page.get_by_role("button", name="Box", exact=True).click()
    at = ready(page)
    centre = middle(made, at, 0)
    corners = centre - 40, centre + 40
    steps = [corners[0] + (corners[1] - corners[0]) * part for part in np.linspace(0, 1, 6)]
    before = page.get_by_test_id("stMain").evaluate("e => e.scrollTop")
    touch(page, [(at["left"] + x, at["top"] + y) for x, y in steps])
    expect(page.get_by_text(TOLD)).to_be_attached()
    settled(page)
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollTop") == before
    points = screen(made, at)
    expected = ((points >= corners[0]) & (points <= corners[1])).all(axis=1)
    assert expected.sum() > 20 and number(page) == expected.sum()
    assert ids(page) == set(made.ids[expected])


def test_what_is_drawn_around_nothing_says_so(visit: Open, workspace: Workspace) -> None:
    page = visit("/users?sel=group:medium:0")
    points = screen(workspace.maps.map(Kind.USER), at := ready(page))
    page.get_by_role("button", name="Box", exact=True).click()
    left, top = at["width"] - 26, 80  # in the margin
    near = (points > (left - 4, top - 4)) & (points < (left + 24, top + 24))
    assert not near.all(axis=1).any()
    page.mouse.move(at["left"] + left, at["top"] + top)
    page.mouse.down()
    page.mouse.move(at["left"] + left + 20, at["top"] + top + 20, steps=4)
    page.mouse.up()
    expect(page.get_by_text("There are no users inside what you drew.")).to_be_visible()
    expect(page.get_by_role("heading", name="Clusters")).to_be_visible()


def test_two_clusters_are_compared_without_saving_one(visit: Open, workspace: Workspace) -> None:
    first, second, third = workspace.maps.map(Kind.USER).level().clusters[:3]
    page = visit("/users?sel=group:medium:0")
    ready(page)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("button", name="With what was selected before")).to_have_count(0)
    page.get_by_role("combobox", name="With a cluster").click()
    expect(page.get_by_role("option", name=first.label)).to_have_count(0)
    page.get_by_role("option", name=second.label).click()
    wait_for_params(page, lambda params: params.get("vs") == "group:medium:1")
    expect(page.get_by_text("Comparison", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)  # it would hide what it opened
    settled(page)
    bars = page.locator(".k-pairbar i").evaluate_all("all => all.map(e => e.clientWidth)")
    assert len(bars) == 18 and max(bars[:16]) > 40
    # As the two are coloured on the map.
    colour = "all => all.map(e => getComputedStyle(e).borderTopColor)"
    assert page.locator(".k-side").evaluate_all(colour) == [
        "rgb({}, {}, {})".format(*bytes.fromhex(hex_[1:])) for hex_ in CATEGORIES[:2]
    ]

    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name=third.label, exact=True).click()
    expect(page.get_by_text(TOLD)).to_contain_text(re.compile(rf"^{third.size:,} of "))
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="With what was selected before").click()
    wait_for_params(page, lambda params: params.get("vs") == "group:medium:0")
    expect(page.get_by_text("Comparison", exact=True)).to_be_visible()


def test_the_report_of_a_comparison_names_both(
    visit: Open, workspace: Workspace, tmp_path: Path
) -> None:
    one, two = (c.label for c in workspace.maps.map(Kind.POST).level("medium").clusters[1:3])
    page = visit("/posts?sel=group:medium:1&vs=group:medium:2")
    settled(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report (HTML)").click()
    waiting.value.save_as(kept := tmp_path / "comparison.html")
    told = visit()
    told.set_content(kept.read_text())
    expect(told.get_by_role("heading", level=1)).to_have_text(
        f"Cluster “{one}” and Cluster “{two}”"
    )


def test_hidden_points_are_never_taken(visit: Open, workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST)
    page = visit("/posts?colour=emotion&only=joy")
    at = ready(page)
    box = at["width"] / 2, at["height"] / 2
    lasso(page, at, np.array(box), 0.48 * min(at["width"], at["height"]))
    column = workspace.maps.column(Kind.POST, "emotion")
    assert column.categories is not None
    joy = column.values == column.categories.index("joy")
    expected = set(made.ids[inside(screen(made, at), drawn(page)) & joy])
    assert expected and ids(page) == expected


def test_a_group_against_another(visit: Open, workspace: Workspace) -> None:
    groups = workspace.maps.map(Kind.USER).level()
    page = visit(f"/users?sel=group:{groups.name}:0")
    ready(page)
    expect(page.get_by_text(TOLD)).to_be_visible()
    assert number(page) == groups.clusters[0].size
    save(page, "First group")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("heading", name="Clusters")).to_be_visible()
    settled(page)
    second = groups.clusters[1]
    page.get_by_role("button", name=second.label, exact=True).click()
    expect(page.get_by_text(TOLD)).to_contain_text(re.compile(rf"^{second.size:,} of "))
    for tab, what in (
        ("Words", "Share of posts in the selection"),
        ("Users", f"of {second.size} users"),
    ):
        page.get_by_role("radio", name=tab).or_(
            page.get_by_role("button", name=tab, exact=True)
        ).last.click()
        expect(page.get_by_text(what).first).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("combobox", name="With a saved selection").click()
    page.get_by_role("option", name="First group").click()
    expect(page.get_by_text("Comparison", exact=True)).to_be_visible()
    settled(page)
    expect(page.get_by_text(re.compile("0 in both"))).to_be_visible()
    expect(page.locator(".k-pairbar")).to_have_count(9)


def test_find_marks_and_selects(visit: Open) -> None:
    page = visit("/posts?find=cat")
    ready(page)
    page.get_by_role("button", name=re.compile(r"Select the [\d,]+ found")).click()
    expect(page.get_by_text(TOLD)).to_be_visible()
    wait_for_params(page, lambda params: params.get("sel") == "found:cat")
    assert number(page) > 5


def test_the_figure_goes_into_a_paper(visit: Open) -> None:
    page = visit("/users?colour=posts")
    ready(page)
    starts = {"PNG": b"\x89PNG", "SVG": b"<svg", "HTML": b"<!doctype html>"}
    for form, start in starts.items():
        page.get_by_role("button", name="Figure").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name=form, exact=True).click()
        page.keyboard.press("Escape")
        assert Path(waiting.value.path()).read_bytes().lower().startswith(start.lower())
