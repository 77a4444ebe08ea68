"""The report says what the import will find, and no more than can be known before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.ingest import Options, Report, check, media_loader, open_tree
from backend.ingest.import_job import ImportState
from tests.backend.ingest import samples
from tests.backend.ingest.test_runner import ingest, known, replan, runner

URL = "https://pictures.example/p.png"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two posts, one of them with a picture that is fetched."""
    data = samples.picture(tmp_path / "p.png").read_bytes()
    monkeypatch.setattr(media_loader, "fetch", lambda url: data)
    folder = tmp_path / "s"
    rows = [{"id": "1", "text": "a storm", "image": URL}, {"id": "2", "text": "a calm sea"}]
    samples.lines(folder / "posts.jsonl", rows)
    return folder


def told(home: Path, source: Path, **options: object) -> Report:
    return check(open_tree(source), Options(**options), known=known(home / "c"))  # type: ignore[arg-type]


def counts(report: Report) -> tuple[int, int, int, int]:
    assert report.new + report.changed + report.same + report.unsure == report.usable
    return report.new, report.changed, report.same, report.unsure


def again(home: Path, source: Path, **options: object) -> ImportState:
    return runner(home, replan(home, source, **options)).run()


def test_whether_media_changed_is_not_known_before_they_are_fetched(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "h"
    assert counts(told(home, source, fetch=True)) == (2, 0, 0, 0)
    ingest(home, source, fetch=True)
    for _ in range(2):
        assert counts(told(home, source, fetch=True)) == (0, 0, 1, 1)
        assert again(home, source, fetch=True).same == 2
    other = samples.picture(tmp_path / "q.png", seed=2).read_bytes()
    monkeypatch.setattr(media_loader, "fetch", lambda url: other)
    assert counts(told(home, source, fetch=True)) == (0, 0, 1, 1)
    assert again(home, source, fetch=True).posts == 1


def test_what_was_fetched_once_is_no_change_when_nothing_is_fetched(
    source: Path, tmp_path: Path
) -> None:
    home = tmp_path / "h"
    ingest(home, source, fetch=True)
    report = told(home, source)
    assert counts(report) == (0, 0, 2, 0) and report.problems == {"not_fetched": 1}
    assert again(home, source).same == 2


def test_a_post_that_never_had_its_picture_is_compared_by_what_its_row_says(
    source: Path, tmp_path: Path
) -> None:
    home = tmp_path / "h"
    ingest(home, source)
    assert counts(told(home, source)) == (0, 0, 2, 0)
    rows = [{"id": "1", "text": "a gale", "image": URL}, {"id": "2", "text": "a calm sea"}]
    samples.lines(source / "posts.jsonl", rows)
    assert counts(told(home, source)) == (0, 1, 1, 0)
    assert again(home, source).posts == 1
