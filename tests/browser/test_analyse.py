"""Someone brings a photo, a sentence and a sound."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Open, params, settled, tab_to, wait_for_params

TEXT = "We waited all night for the lifeboat to come back."
WHEEL = re.compile("Emotion wheel: ")


def give(page: Page, label: str, path: Path) -> None:
    """Drop a file into one of the two uploaders and wait for it to be taken."""
    uploader = page.get_by_test_id("stFileUploader").filter(has_text=label)
    uploader.locator("input[type=file]").set_input_files(path)
    expect(uploader).to_have_count(0)


def rows(page: Page) -> list[str]:
    """Names of the subsets in the table."""
    table = page.locator("table").filter(has_text="Strongest")
    expect(table).to_be_visible()
    return [
        name.replace("whole post", "").strip()
        for name in table.locator("tbody th").all_inner_texts()
    ]


def verdict(page: Page) -> list[str]:
    """All that the result says."""
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
    settled(page)
    wheel = page.get_by_role("img", name=WHEEL).get_attribute("aria-label")
    return [str(wheel), *page.locator("table").filter(has_text="Strongest").all_inner_texts()]


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    """Parameters of the link to the post with all three, once it was made."""
    return {}


def test_photo_text_and_sound(visit: Open, photo: Path, sound: Path, kept: dict[str, str]) -> None:
    page = visit("/analyse")
    box = page.get_by_role("textbox", name="What does the post say?")
    box.fill(TEXT)
    box.press("Control+Enter")
    assert rows(page) == ["Text"]
    give(page, "Image, GIF or video", photo)
    expect(page.get_by_text("Text + image").first).to_be_visible()
    give(page, "Sound", sound)
    expect(page.get_by_text("Text + image + sound")).to_be_visible()
    settled(page)
    assert rows(page) == [
        "Text", "Image", "Sound", "Text + image", "Text + sound", "Image + sound",
        "Text + image + sound",
    ]  # fmt: skip

    # why, in each modality
    expect(page.locator(".k-label").get_by_text("Words", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Your image with the regions"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Waveform of your sound"))).to_be_visible()
    expect(page.get_by_text("Looks like", exact=True)).to_be_visible()
    # what is near
    expect(page.get_by_text("Nearest words")).to_be_visible()
    expect(page.get_by_text("Users who post like this")).to_be_visible()
    expect(page.get_by_role("link", name="More like this").nth(5)).to_be_visible()

    # the address holds it all
    wait_for_params(page, lambda params: set(params) == {"text", "image", "sound"})
    kept.update(params(page))
    before = verdict(page)
    page.reload()
    expect(page.get_by_text("Text + image + sound")).to_be_visible()
    assert verdict(page) == before
    expect(page.get_by_role("textbox", name="What does the post say?")).to_have_value(TEXT)


@pytest.mark.parametrize(
    "names", ["text", "image", "sound", "text image", "text sound", "image sound"]
)
def test_every_smaller_subset(visit: Open, kept: dict[str, str], names: str) -> None:
    assert kept, "needs the uploads of the test before"
    page = visit("/analyse?" + urlencode({n: kept[n] for n in names.split()}))
    found = rows(page)
    assert len(found) == 2 ** len(names.split()) - 1
    assert found[-1].lower() == names.replace(" ", " + ")
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()


def test_back_and_forward(visit: Open, kept: dict[str, str]) -> None:
    assert kept, "needs the uploads of the test before"
    page = visit("/analyse?" + urlencode(kept))
    assert len(rows(page)) == 7
    settled(page)
    page.get_by_role("button", name="Remove sound").click()
    expect(page.locator("tbody").filter(has_text="Text + image").locator("tr")).to_have_count(3)
    page.go_back()
    expect(page.get_by_text("Text + image + sound")).to_be_visible()
    page.go_forward()
    expect(page.get_by_text("Text + image + sound")).to_have_count(0)


def test_an_example_is_one_click(visit: Open) -> None:
    page = visit("/analyse")
    expect(page.get_by_text("No post at hand?")).to_be_visible()
    settled(page)
    page.locator("[class*=st-key-use_example_0] button").click()
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
    wait_for_params(page, bool)


def test_a_clip_is_read_and_plays_from_what_is_said(visit: Open) -> None:
    page = visit("/analyse", width=390)
    settled(page)
    page.get_by_role("button", name="A clip", exact=True).click()
    expect(page.get_by_text("Written in the image")).to_be_visible()
    said = page.locator(".said button")
    expect(said.last).to_contain_text("happy")
    expect(said.last.locator("mark").first).to_be_visible()  # tinted
    expect(page.locator(".frames button")).to_have_count(8)
    expect(page.locator(".moments button")).to_have_count(8)
    said.last.click()
    page.wait_for_function("document.querySelector('.st-key-analyse_video video').currentTime > 2")
    expect(said.last).to_have_attribute("aria-current", "true")


def test_a_file_that_is_none(visit: Open, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"<script>alert(1)</script> not a picture" * 20)
    page = visit("/analyse")
    page.get_by_test_id("stFileUploader").first.locator("input[type=file]").set_input_files(path)
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_contain_text("photo.png")
    expect(alert).not_to_contain_text("Traceback")


def test_a_link_to_an_upload_that_is_gone(visit: Open) -> None:
    page = visit("/analyse?image=" + "0" * 40)
    expect(page.get_by_test_id("stAlert").first).to_contain_text("Upload it again")


def test_text_stays_text(visit: Open) -> None:
    evil = '<img src=x onerror="alert(1)"> **bold** <script>alert(2)</script>'
    page = visit("/analyse?" + urlencode({"text": evil}))
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
    settled(page)
    assert page.locator("img[src=x]").count() == 0
    expect(page.locator(".k-quote")).to_have_text(evil)


def test_result_can_be_taken_home(visit: Open) -> None:
    page = visit("/analyse?text=What+a+lovely+surprise")
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
    settled(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSON").click()
    record = waiting.value.path().read_text("utf-8")
    assert '"subsets"' in record and '"joy"' in record


def test_a_text_is_analysed_and_explained_by_keyboard_alone(visit: Open) -> None:
    page = visit("/analyse")
    settled(page)
    tab_to(page, page.get_by_role("textbox", name="What does the post say?"))
    page.keyboard.type("What a lovely day, but I am so tired of waiting")
    tab_to(page, page.get_by_test_id("stMain").get_by_role("button", name="Analyse", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
    settled(page)
    chosen = page.get_by_role("radiogroup", name="Explain").locator("[aria-checked=true]")
    first = chosen.inner_text()
    told = page.get_by_text("Carried by ")
    reason = told.inner_text()
    tab_to(page, chosen)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(chosen).not_to_have_text(first)
    expect(told).not_to_have_text(reason)
    assert rows(page) == ["Text"]
