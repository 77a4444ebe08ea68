"""A week against the weeks before it."""

from __future__ import annotations

from backend.settings import SHIPPED_CORPUS, SYNTHETIC_CORPUS
from backend.workspace.trends import WEEK
from backend.workspace.workspace import Workspace

DAY = 86_400


def test_weeks_before_the_first_post_do_not_count(workspace: Workspace) -> None:
    seconds = workspace.trends.dated(SYNTHETIC_CORPUS).seconds
    week = workspace.trends.week(corpus=SYNTHETIC_CORPUS)
    assert week.since == seconds[0] // DAY * DAY
    assert week.before == (seconds < week.start).sum()
    assert 3 * WEEK < week.start - week.since < 8 * WEEK


def test_of_a_long_corpus_eight_weeks_before_count(workspace: Workspace) -> None:
    week = workspace.trends.week(corpus=SHIPPED_CORPUS)
    assert week.start - week.since == 8 * WEEK
