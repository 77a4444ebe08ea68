"""Bursts and the drift in feeling of the synthetic corpus, against what was planted in it."""

from __future__ import annotations

import json

import pytest

from assets.build.larkhaven.__main__ import TRUTH
from backend.settings import SYNTHETIC_CORPUS
from backend.trends import Burst, Change
from backend.trends.find import ALL
from backend.workspace.workspace import Workspace

Found = tuple[tuple[Burst, ...], tuple[Change, ...]]


@pytest.fixture(scope="module")
def found(workspace: Workspace) -> Found:
    return workspace.trends.found("medium", SYNTHETIC_CORPUS)


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads(TRUTH.read_text("utf-8"))


def posts(workspace: Workspace, start: int, end: int, group: int) -> set[str]:
    return set(workspace.trends.between(start, end, group, "medium", SYNTHETIC_CORPUS).ids)


def test_each_planted_burst_is_found(workspace: Workspace, found: Found, truth: dict) -> None:
    bursts = [posts(workspace, b.start, b.end, b.group) for b in found[0] if b.group == ALL]
    for name, planted in truth["bursts"].items():
        ids = set(planted["posts"])
        assert any(len(ids & one) / len(ids) >= 0.8 for one in bursts), name
    assert len(bursts) == len(truth["bursts"])


def test_bursts_of_clusters_are_planted_events(
    workspace: Workspace, found: Found, truth: dict
) -> None:
    planted = {i for burst in truth["bursts"].values() for i in burst["posts"]}
    planted |= {i for ids in truth["families"].values() for i in ids}
    planted |= set(truth["coordinated"]["posts"])
    own = [posts(workspace, b.start, b.end, b.group) for b in found[0] if b.group != ALL]
    right = [one for one in own if len(one & planted) / len(one) >= 0.8]
    assert own and len(right) / len(own) >= 0.8, (len(right), len(own))


def test_the_drift_is_found_and_hardly_another(
    workspace: Workspace, found: Found, truth: dict
) -> None:
    planted, right = set(truth["drift"]["posts"]), []
    for change in found[1]:
        ids = posts(workspace, change.since, change.until, change.group)
        positive = [s for s in change.shifts if s.name == "positive"]
        falls = bool(positive) and positive[0].difference < 0
        right.append(len(ids & planted) / len(ids) >= 0.7 and falls)
    assert any(right) and sum(right) / len(right) >= 0.8, found[1]
