"""What is in a cluster at a time has a size, and parts do not depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from backend.core.ray_cluster import Ray
from backend.ingest import ImportJob, Options, check, open_tree
from backend.ingest import runner as running
from backend.ingest.drafts import drafts
from backend.ingest.existing import ExistingPosts
from backend.ingest.ray import messages
from backend.ingest.ray import runner as engine
from backend.ingest.ray.runner import RayImportPipeline, _Window
from backend.ingest.runner import Item, Stopped
from backend.ingest.shards import Shard
from backend.workspace.import_models import BundleModels
from backend.workspace.workspace import Workspace
from tests.backend.ingest import samples

POSTS = 22


@pytest.fixture
def runner(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> RayImportPipeline:
    monkeypatch.setattr(running, "SHARD_ITEMS", 8)
    source = samples.posts_in(tmp_path, POSTS, 3)
    with (source / "posts.jsonl").open("a") as file:
        file.write("{no row\n")
    report = check(open_tree(source), Options())
    job = ImportJob(tmp_path / "job", source, "c", report.format, Options(), report.rows)
    job.save()
    return RayImportPipeline(
        job,
        tmp_path / "c",
        BundleModels(workspace),
        known=ExistingPosts,
        bundle=workspace.bundle.path,
        ray=Ray(workers=1),
    )


def windows(runner: RayImportPipeline, size: int = 1000) -> Iterator[_Window]:
    tree = open_tree(runner.job.source)
    stream: Iterator[Item] = drafts(tree, runner.job.format, runner.job.options, None)
    yield from runner._windows(stream, size, tree, ExistingPosts())
    tree.close()


def parts(runner: RayImportPipeline, size: int = 1000) -> list[Shard]:
    """What windows give whose posts are all in the corpus already."""
    return list(
        runner._split_into_shards(
            (window.items, ((messages.unchanged(item), None) for item in window.gathered()))
            for window in windows(runner, size)
        )
    )


def test_a_window_ends_at_a_number_of_bytes(
    runner: RayImportPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = windows(runner)
    size = sum(table.nbytes for table in whole.tables)
    monkeypatch.setattr(engine, "WINDOW_BYTES", size // 4)
    some = list(windows(runner))
    assert 3 <= len(some) <= 6
    assert all(sum(table.nbytes for table in window.tables) < size / 2 for window in some)
    keys = [item.draft.post.id for window in some for item in window.gathered()]
    assert keys == [item.draft.post.id for item in whole.gathered()]


def test_parts_are_the_same_wherever_windows_end(
    runner: RayImportPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(found: list[Shard]) -> list[tuple[int, int, int, list[tuple[int, str]]]]:
        return [
            (p.rows, p.unchanged, p.skipped, [(n.number, n.code) for n in p.notices]) for p in found
        ]

    whole = told(parts(runner))
    assert sum(rows for rows, *_ in whole) == POSTS + 1 and sum(lost for *_, lost, _ in whole) == 1
    assert len(whole) == 3
    assert told(parts(runner, 3)) == whole
    monkeypatch.setattr(engine, "WINDOW_BYTES", 1)
    assert told(parts(runner)) == whole


def test_stopping_does_not_wait_until_all_is_gathered(runner: RayImportPipeline) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 5

    runner._stop = stop
    with pytest.raises(Stopped):
        list(islice(windows(runner), 1))
    assert len(asked) == 5
