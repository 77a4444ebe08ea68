"""Stories of groups and reports, on a corpus whose facts are known."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from backend.domain import Kind
from backend.selections import Profile
from backend.selections.report import of_selection
from backend.selections.story import Fragment
from backend.settings import SYNTHETIC_CORPUS
from backend.workspace.workspace import Workspace
from tests.app.dated import GROUPS, UNDATED, WORDS, dated_corpus
from tests.backend.trends.generated import Planted

HOSTILE = """"><script>alert('x')</script>&amp;{{ 7 * 7 }}"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Planted]:
    home = tmp_path_factory.mktemp("stories")
    workspace = Workspace(home)
    return workspace, dated_corpus(home, "weeks")[1]


def profile_of(workspace: Workspace, group: int, kind: Kind = Kind.POST) -> Profile:
    shown = workspace.maps.map(kind, "weeks")
    ids = shown.ids[shown.level().labels == group].tolist()
    return workspace.selections.profile(workspace.selections.of(kind, ids, "test", "weeks"))


def paragraph(parts: list[Fragment]) -> str:
    return "".join(part.text for part in parts)


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_number_is_measured(made: tuple[Workspace, Planted], group: int) -> None:
    workspace, truth = made
    profile = profile_of(workspace, group)
    parts = workspace.stories.tell(profile)
    text = paragraph(parts)
    labels = np.append(truth.labels, np.zeros(UNDATED, dtype=int))
    n = int((labels == group).sum())
    assert text.startswith(f"Test: {n:,} of {len(labels):,} posts ({n / len(labels):.0%}) by ")
    assert f"“{WORDS[group]}” (100% against 0%)" in text
    for contrast in profile.emotions:
        if f"more {contrast.name} (" in text or f"less {contrast.name} (" in text:
            assert contrast.p < 0.05
            told = f"{contrast.name} ({contrast.mean:.0%} [{contrast.low:.0%}, {contrast.high:.0%}]"
            assert told in text
            word = "more" if contrast.mean > contrast.rest else "less"
            assert f"{word} {contrast.name} (" in text
    planted = [at for g, at in truth.bursts if g == group]
    bursts = [p.opens["time"] for p in parts if p.text.endswith(" posts") and "time" in p.opens]
    assert len(bursts) == bool(planted)
    for burst, at in zip(bursts, planted, strict=True):
        start, end = map(int, burst.split(".."))
        assert start <= at < end


def test_one_day_is_told_once(workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST, SYNTHETIC_CORPUS)
    queue = next(c for c in made.level().clusters if "ferrychaos" in c.label)
    ids = made.ids[made.level().labels == queue.id].tolist()
    selection = workspace.selections.of(Kind.POST, ids, "test", SYNTHETIC_CORPUS)
    profile = workspace.selections.profile(selection)
    text = paragraph(workspace.stories.tell(profile))
    assert "Posted on 2026-04-02, with a burst of 19 posts. More" in text
    assert text.count("2026-04-02") == 1 and "“ferrychaos”" in text and "“#ferrychaos”" not in text
    assert not {f"#{tag.term}" for tag in profile.tags} & {word.term for word in profile.words}


def test_dissent_is_what_feels_the_other_way(made: tuple[Workspace, Planted]) -> None:
    workspace, _ = made
    profile = profile_of(workspace, 1)
    text = paragraph(workspace.stories.tell(profile))
    quoted = re.search(r"Against the grain: .*?\((?:[^()]*, )?(\w+) (\d+)%\)", text)
    assert quoted, text
    every = {c.name: c for c in (*profile.emotions, profile.sentiment)}
    contrast, told = every[quoted[1]], int(quoted[2]) / 100
    assert contrast.p < 0.05
    assert (told <= contrast.rest + 0.01) == (contrast.mean > contrast.rest)


def test_a_lasting_change_is_told(made: tuple[Workspace, Planted]) -> None:
    workspace, truth = made
    (group, at), parts = truth.drifts[0], []
    parts = workspace.stories.tell(profile_of(workspace, group))
    told = re.search(r"Since (\S+) joy (rises|falls) from (\d+)%", paragraph(parts))
    assert told
    assert abs(np.datetime64(told[1]).astype("datetime64[s]").astype(int) - at) < 15 * 86_400
    rises = truth.affect[(truth.labels == group) & (truth.seconds >= at), 0].mean()
    rises -= truth.affect[(truth.labels == group) & (truth.seconds < at), 0].mean()
    assert (told[2] == "rises") == (rises > 0)


def test_users_have_a_story_too(made: tuple[Workspace, Planted]) -> None:
    workspace, _ = made
    profile = profile_of(workspace, 2, Kind.USER)
    text = paragraph(workspace.stories.tell(profile))
    assert f"{profile.count} of {profile.total} users" in text
    assert f"with {profile.posts:,} posts" in text


def test_a_report_needs_nothing_else(made: tuple[Workspace, Planted]) -> None:
    workspace, _ = made
    profile = profile_of(workspace, 0)
    page = workspace.stories.report(profile)
    assert page.startswith("<!doctype html>") and "<script" not in page
    assert "default-src 'none'" in page
    assert f"{profile.count:,}</b>" in page and "<svg" in page
    assert "Feelings" in page and WORDS[0] in page
    other = profile_of(workspace, 1)
    both = workspace.selections.compare(profile.selection, other.selection)
    page = workspace.stories.report_comparison("First", "Second", both)
    assert "First and Second" in page and WORDS[0] in page and WORDS[1] in page


def test_no_text_in_a_report_is_markup(made: tuple[Workspace, Planted]) -> None:
    workspace, _ = made
    profile = profile_of(workspace, 0)
    named = replace(profile, selection=replace(profile.selection, name=HOSTILE))
    post = {"text": HOSTILE, "image": "", "url": "javascript:alert(1)"}
    page = of_selection(
        named,
        parts=[Fragment(HOSTILE, {"post": "p"})],
        posts=[post],
        links={"p": "javascript:alert(1)"},
        timeline=([HOSTILE], [1], HOSTILE),
        day="2026-01-01",
    )
    assert "<script" not in page and "javascript:" not in page and "49" not in page.split("<h2>")[0]
