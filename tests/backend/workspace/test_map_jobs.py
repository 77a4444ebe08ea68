"""Maps made in a process of its own: begun, watched, ended, and what there is too little for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.cli import main
from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Post
from backend.settings import settings
from backend.workspace.map_jobs import MapState
from backend.workspace.workspace import Workspace
from tests.waiting import until

TOPICS = ["a red kite", "soup for dinner", "the last train", "rain on the sea", "a slow song"]


def filled(workspace: Workspace, name: str, *, posts: int = 60, users: int = 15) -> None:
    """A corpus with vectors of its posts and users, and no map."""
    made = Corpus.create(workspace.home / "corpora" / name, name=name)
    owner = [f"u:{i % users}" if users else None for i in range(posts)]
    text = [f"{TOPICS[i % 5]} number {i}, again {TOPICS[i % 5]}" for i in range(posts)]
    rng = np.random.default_rng(0)
    centre = rng.normal(size=(5, workspace.embedder.space.dim))
    near = centre[np.arange(posts) % 5] + 0.2 * rng.normal(size=(posts, centre.shape[1]))
    rows = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"p{i:03d}" for i in range(posts)]
    people = sorted({u for u in owner if u})
    made.add(
        [Post(id_, text=t, user=u) for id_, t, u in zip(ids, text, owner, strict=True)],
        bundle=workspace.bundle.name,
        vectors={Kind.POST: (ids, rows), Kind.USER: (people, rows[: len(people)])},
    )


def wait(found: Callable[[], MapState], *stages: str) -> list[MapState]:
    """What was said until one of some stages."""
    said = [found()]

    def met() -> bool:
        if (now := found()) != said[-1]:
            said.append(now)
        return said[-1].stage in stages

    until(met, lambda: said)
    return said


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_begun_and_watched(own: Workspace) -> None:
    filled(own, "kites")
    making = own.map_jobs
    assert making.state("kites") == MapState() and not own.maps.has(Kind.POST, "kites")
    making.start("kites")
    making.start("kites")  # pressed twice: one is enough
    with pytest.raises(KindredError) as error:
        making.start("commons")
    assert error.value.code == "map_busy"
    said = wait(lambda: making.state("kites"), "done", "failed", "stopped")
    assert said[-1] == MapState("done", share=1.0), said
    assert [now.share for now in said] == sorted(now.share for now in said)
    own.corpus("kites").refresh()
    for kind, points in ((Kind.POST, 60), (Kind.USER, 15)):
        assert len(own.maps.map(kind, "kites").ids) == points
    assert own.words.unavailable("kites") is None


def test_what_there_is_too_little_for(own: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    filled(own, "nobody", users=0)
    given = ["map", "--home", str(own.home), "--corpus", "nobody", "--quiet", "--json"]
    assert main([*given, "--only", "user", "--only", "post"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "A map needs 3 users" in told["user"]["error"] and told["post"]["points"] == 60
    now = own.map_jobs.state("nobody")
    assert now.stage == "done" and "3 users" in now.error
    assert main([*given, "--only", "user"]) == 1
    now = own.map_jobs.state("nobody")
    assert now.stage == "failed" and "3 users" in now.error


def test_stopped_or_killed_it_is_not_at_work_any_more(own: Workspace) -> None:
    filled(own, "kites")
    making = own.map_jobs
    making.start("kites")
    wait(lambda: making.state("kites"), "making")
    making.pause("kites")
    assert making.state("kites").stage == "stopped"
    assert not own.maps.has(Kind.USER, "kites")
    making.start("kites")  # and it can be made after all
    assert making.state("kites").stage == "making"
    making.pause("kites")


def test_the_state_names_each_part_while_it_is_made(own: Workspace) -> None:
    map_jobs, seen = own.map_jobs, list[tuple[str, str]]()

    def note(part: str, report: Callable[[int, int], None]) -> None:
        now = map_jobs.state()
        seen.append((now.stage, now.part))

    map_jobs.run(None, ["user", "post", "words"], note)
    assert seen == [("making", "user"), ("making", "post"), ("making", "words")]


def test_maps_can_be_made_while_the_process_of_the_last_ones_ends(own: Workspace) -> None:
    for name in ("first", "second"):
        Corpus.create(own.home / "corpora" / name, name=name)
    map_jobs = own.map_jobs
    map_jobs.run("first", ["post"], lambda part, report: None)
    ending = subprocess.Popen(["sleep", "1"])
    map_jobs._runner.processes[map_jobs.job("first").id] = ending
    map_jobs.start("second")
    assert ending.poll() == 0
    assert map_jobs.state("second").stage == "making"
    map_jobs.pause("second")


def test_made_from_a_shell_meanwhile(own: Workspace) -> None:
    filled(own, "kites")
    making = own.map_jobs
    job = making.job("kites")
    job.folder.mkdir(parents=True)
    with job.exclusive():
        making.start("kites")  # waits for that one
        with pytest.raises(KindredError) as error:
            making.run("kites", ["post"], lambda part, report: None)
        assert error.value.code == "map_busy"
    assert making.state("kites") == MapState()


def test_a_failure_has_a_number_and_says_nothing_else(own: Workspace) -> None:
    def fail(part: str, tell: Callable[[int, int], None]) -> None:
        tell(1, 2)
        raise RuntimeError("secret")

    with pytest.raises(RuntimeError):
        own.map_jobs.run(None, ["post"], fail)
    now = own.map_jobs.state()
    assert now.stage == "failed" and "error " in now.error and "secret" not in now.error


def test_not_in_a_demo(own: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    try:
        for act in (own.map_jobs.start, own.map_jobs.pause):
            with pytest.raises(KindredError) as error:
                act()
            assert error.value.code == "read_only"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
