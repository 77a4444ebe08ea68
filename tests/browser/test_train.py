"""The Train page in a real browser: a training is started, watched, survives a reload, and ends."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from backend.corpus import Corpus
from backend.workspace.workspace import Workspace
from tests.backend.classifiers import samples
from tests.browser.pages import SLOW, Open, settled


def test_a_training_is_watched_to_its_table(visit: Open) -> None:
    page = visit("/train?label=sentiment&models=n-grams")
    settled(page)
    page.get_by_role("button", name="Train 1 model").click()
    expect(page).to_have_url(re.compile("run=[0-9a-f]{16}"))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.reload()  # it goes on in a process of its own
    expect(page.get_by_text("by epoch; dashed: validation posts")).to_be_visible(timeout=2 * SLOW)
    expect(page.get_by_text(re.compile("1 model trained in"))).to_be_visible(timeout=2 * SLOW)
    settled(page)
    expect(page.get_by_role("heading", name="sentiment of commons, quick")).to_be_visible()
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert "F1" in file.value.path().read_text()
    wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 1
    link = page.url
    phone = visit(link[link.index("/train") :], width=390, scheme="dark")
    settled(phone)
    expect(phone.get_by_role("heading", name="sentiment of commons, quick")).to_be_visible()
    wide = phone.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 1
    phone.get_by_role("button", name="Delete").click()
    expect(phone.get_by_role("heading", name="sentiment of commons, quick")).to_have_count(0)


def test_a_model_that_knows_the_posts_from_its_training_is_said_to(
    visit: Open, url: str, served_home: Path
) -> None:
    """They are known by their content: the corpus has another name."""
    samples.corpus(served_home)
    known = samples.corpus(served_home, "known", posts=30)
    posts = known.posts(known.table(["id"])["id"].to_pylist()).values()
    unknown = Corpus.create(served_home / "corpora" / "unknown", name="unknown")
    unknown.add([replace(p, text=f"Nobody knows: {p.text}", image=None) for p in posts])
    page = visit("/train?corpus=moods&label=mood&models=late-fusion")
    settled(page)
    page.get_by_role("button", name="Train 1 model").click()
    expect(page.get_by_text(re.compile("1 model trained in"))).to_be_visible(timeout=2 * SLOW)
    titles = Workspace(served_home).error_analysis.models("mood", "known")
    model = next(key for key, title in titles.items() if "trained on moods" in title)
    warning = page.get_by_test_id("stAlert").filter(
        has_text="was trained on 30 of these 30 posts, or on copies of them"
    )
    for name, warnings in (("unknown", 0), ("known", 1)):
        page.goto(f"{url}/errors?corpus={name}&label=mood&models={model}")
        expect(page.get_by_role("heading", name="Confusion matrix")).to_be_visible()
        settled(page)
        expect(warning).to_have_count(warnings)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_choice_fits_a_phone(visit: Open, scheme: str) -> None:
    page = visit("/train", width=390, scheme=scheme)
    expect(page.get_by_role("button", name="Train 5 models")).to_be_visible()
    settled(page)
    wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 1


def test_a_paused_training_goes_on_before_the_eyes(visit: Open) -> None:
    page = visit("/train?label=sentiment&models=cmf-ap")
    settled(page)
    page.get_by_role("button", name="Train 1 model").click()
    page.get_by_role("button", name="Pause").click()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible()
    expect(page.get_by_text("Nothing is lost")).to_be_visible()
    resume.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d of \d+ · CMF-AP"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="sentiment of commons, quick")).to_have_count(0)
