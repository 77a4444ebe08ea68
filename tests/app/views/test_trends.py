"""The timeline of a map and the page “Over time”, without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Post
from tests.app.dated import UNDATED, WORDS, dated_corpus
from tests.app.pages import Open, messages, prose, shown
from tests.backend.trends.generated import DAY, START, Planted


def _day(seconds: int) -> str:
    return str(np.datetime64(seconds, "s").astype("datetime64[D]"))


@pytest.fixture(scope="module")
def truth(home: Path) -> Planted:
    return dated_corpus(home, "weeks")[1]


def test_what_happened_is_told(open_page: Open, truth: Planted) -> None:
    at = open_page("trends", corpus="weeks")
    assert messages(at, "exception", "error") == []
    headings = [h.value for h in at.header]
    assert headings == ["What is new", "Bursts", "Changes of feeling", "Topics", "Emotions"]
    assert f"{UNDATED} of {len(truth.seconds) + UNDATED:,} posts have no time" in prose(at)
    markup = shown(at, "html")
    told = re.findall(
        r"<b>(\w+)</b><div><b>\d+</b> posts (?:on|from) ([\d-]+)(?: to ([\d-]+))?", markup
    )
    for group, at_ in truth.bursts:
        day = _day(at_)
        assert any(n == WORDS[group] and a <= day <= (b or a) for n, a, b in told), (group, told)
    group, _ = truth.drifts[0]
    assert re.search(rf"<b>{WORDS[group]}</b><div>Since <b>", markup)
    assert markup.count('src="data:image/svg+xml') == 4 + 9
    assert markup.count("steps of fewer than 4 posts are left out") == 1


def test_each_burst_has_its_posts(open_page: Open, truth: Planted) -> None:
    at = open_page("trends", corpus="weeks")
    toggle = next(t for t in at.toggle if str(t.key).startswith("burst_"))
    at = toggle.set_value(True).run()
    assert messages(at, "exception", "error") == []
    assert "spread over the period" in prose(at)
    group, day = truth.bursts[0]
    start = np.datetime64((day // DAY) * DAY, "s").astype("datetime64[D]")
    at = open_page("posts", corpus="weeks", sel=f"when:{start}..{start + 1}@medium:{group}")
    assert messages(at, "exception", "error", "warning") == []
    in_it = (truth.labels == group) & (truth.seconds // DAY == day // DAY)
    assert in_it.sum() >= 25
    assert f"**{int(in_it.sum())}** of " in prose(at)


def test_a_week_of_choice(open_page: Open, truth: Planted) -> None:
    end = START + 60 * DAY
    at = open_page("trends", corpus="weeks", week=_day(end))
    posts = int(((truth.seconds >= end - 7 * DAY) & (truth.seconds < end)).sum())
    assert f"{posts} posts by " in shown(at, "html")
    at = at.button(key="week_before").click().run()
    assert messages(at, "exception", "error") == []
    assert at.query_params["week"] == _day(end - 7 * DAY)
    at = open_page("trends", corpus="weeks", week=_day(START + 10 * DAY))
    assert "in the 3 days before." in shown(at, "html"), "there are no posts of weeks before"
    at = open_page("trends", corpus="weeks", week="1999-01-01")
    assert "choose another" in shown(at, "info")


@pytest.mark.parametrize("page", ["posts", "users"])
def test_a_period_hides_the_rest(open_page: Open, truth: Planted, page: str) -> None:
    at = open_page(page, corpus="weeks", time="2026-01-11..2026-01-13")
    assert messages(at, "exception", "error") == []
    inside = (truth.seconds >= START + 10 * DAY) & (truth.seconds < START + 12 * DAY)
    users = {(int(g) % 4, i % 9) for i, g in enumerate(truth.labels) if inside[i]}
    n = int(inside.sum()) if page == "posts" else len(users)
    assert f"Showing {n} of " in prose(at)
    assert f"{UNDATED} posts have no time" in prose(at)
    at = at.button(key=f"{page[:-1]}_select_shown").click().run()
    assert messages(at, "exception", "error") == []
    assert f"**{n}** of " in prose(at)


def test_without_times_there_is_no_timeline(open_page: Open, home: Path) -> None:
    Corpus.create(home / "corpora" / "timeless", name="timeless").add([Post("1", text="one")])
    at = open_page("trends", corpus="timeless")
    assert messages(at, "exception", "error") == []
    assert "have no times" in shown(at, "info")


def test_the_shipped_corpus_over_time(open_page: Open) -> None:
    at = open_page("trends")
    assert messages(at, "exception", "error") == []
    assert "posts have no time and are left out" in prose(at)


def test_a_burst_of_all_posts_says_what_it_is_about(open_page: Open) -> None:
    at = open_page("trends", corpus="larkhaven")
    assert messages(at, "exception", "error") == []
    told = re.findall(
        "<b>All posts</b>.*?Words that set them apart: ([^<]*)", shown(at, "html"), re.S
    )
    events = ("stormmarta", "lanternnight", "ferrychaos")  # the bursts that were planted
    assert [[event in words for words in told].count(True) for event in events] == [1, 1, 1]


def test_a_selection_over_time(open_page: Open, truth: Planted) -> None:
    group, day = truth.bursts[0]
    at = open_page("posts", corpus="weeks", sel=f"group:medium:{group}", tab="time")
    assert messages(at, "exception", "error", "warning") == []
    assert re.search(rf"<b>\d+</b> posts (on|from) {_day(day)}", shown(at, "html"))
    button = next(b for b in at.button if str(b.key).startswith("period_"))
    at = button.click().run()
    assert messages(at, "exception", "error") == []
    assert at.query_params["time"].startswith(_day(day))
    drifting, _ = truth.drifts[0]
    at = open_page("posts", corpus="weeks", sel=f"group:medium:{drifting}", tab="time")
    assert re.search(r"joy (rises|falls) from", shown(at, "html"))
