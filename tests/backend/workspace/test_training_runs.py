"""Trainings in processes of their own: killed, resumed, queued, paused, forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.classifiers import BUDGETS, EpochPoint, Request, TrainingJob, TrainingState
from backend.domain import KindredError
from backend.settings import settings
from backend.workspace import training_runs
from backend.workspace.training import TrainOptions
from backend.workspace.training_runs import TrainingRuns
from backend.workspace.training_worker import TrainingWorker
from backend.workspace.workspace import Workspace
from tests.backend.classifiers import samples
from tests.waiting import PATIENCE, until

MODELS = ("n-grams",)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with a small labelled corpus; nothing is at work in it when it goes."""
    home = tmp_path_factory.mktemp("jobs")
    samples.corpus(home)
    ws = Workspace(home)
    yield ws
    for job, _ in ws.training.runs.jobs():
        ws.training.runs.cancel(job.id)


def planned(ws: Workspace, *models: str, budget: str = "quick") -> TrainingJob:
    return ws.training.runs.plan(ws.training.request("moods", "mood", models, budget))


def test_killed_and_resumed_it_ends_as_one_that_was_not(ws: Workspace) -> None:
    runs = ws.training.runs
    job = planned(ws, *MODELS, budget="full")
    assert planned(ws, *MODELS, budget="full").id == job.id
    runs.start(job)
    until(lambda: len(job.curves()) > 5 or job.state().stage == "failed")
    runs._runner.processes[job.id].kill()
    until(lambda: runs.state(job).stage == "paused")
    seen = len(job.curves())
    assert seen > 5 and job.result() is None
    state = TrainingWorker(job, ws).run()  # what the next process would do
    assert state.stage == "done", state.error
    assert state.done == state.total == 10 * len(MODELS)
    assert len(job.curves()) > seen and not job.checkpoints.exists()
    budget = BUDGETS["full"]
    options = TrainOptions(
        corpus="moods", label="mood", models=MODELS, runs=budget.runs, epochs=budget.epochs
    )
    straight = ws.training.train(options)
    found = job.result()
    assert found is not None and found.as_json() == straight.result.as_json()
    assert all(p.validation is not None and p.figure is not None for p in job.curves())


def test_of_two_trainings_one_waits(ws: Workspace) -> None:
    both = (planned(ws, "n-grams"), planned(ws, "lyricsHAN"))
    together = set()
    with ThreadPoolExecutor(2) as pool:
        goes = [pool.submit(TrainingWorker(job, ws).run) for job in both]
        while not all(go.done() for go in goes):
            together.add(sum(job.state().stage in ("reading", "training") for job in both))
            time.sleep(0.02)
    assert [go.result().stage for go in goes] == ["done", "done"]
    assert together <= {0, 1}


def test_it_is_paused_and_forgotten(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_runs, "PATIENCE", PATIENCE)
    runs = ws.training.runs
    job = planned(ws, "BiGRU", budget="full")
    runs.start(job)
    until(lambda: job.busy())
    runs.pause(job.id)
    assert runs.state(job).stage == "paused" and not job.busy()
    runs.pause(job.id)  # once more changes nothing
    runs.resume(job.id)
    until(lambda: job.busy())
    TrainingRuns(ws.home).pause(job.id)  # as another app on the same workspace
    assert runs.state(job).stage == "paused" and not job.busy() and not job.stop_requested()
    runs.cancel(job.id)
    assert not job.folder.exists() and job.id not in {j.id for j, _ in runs.jobs()}
    for id_ in (job.id, "../../etc", "x" * 16):
        with pytest.raises(KindredError) as error:
            runs.resume(id_)
        assert error.value.code == "no_training"


def test_what_fails_says_why(ws: Workspace) -> None:
    runs = ws.training.runs
    job = runs.plan(Request("gone", "mood", ("n-grams",)))
    state = TrainingWorker(job, ws).run()
    assert (
        state == runs.state(job) and state.stage == "failed" and "no corpus 'gone'" in state.error
    )


def test_a_demo_trains_nothing(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ws.training.request("moods", "mood", ["n-grams", "doc2vec"])
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    try:
        for act in (
            lambda: ws.training.runs.plan(request),
            lambda: ws.training.activate_bundle("anything"),
            lambda: ws.training.runs.cancel("0" * 16),
            lambda: ws.training.runs.pause("0" * 16),
        ):
            with pytest.raises(KindredError) as error:
                act()
            assert error.value.code == "read_only"
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_curves_survive_damaged_lines(tmp_path: Path) -> None:
    job = TrainingJob(tmp_path / "0123456789abcdef", Request("c", "l", ("BiGRU", "n-grams")))
    job.save()
    job.report(TrainingState(stage="training"))
    for point in (EpochPoint("n-grams", 0, 1, 2.0), EpochPoint("BiGRU", 0, 1, 3.0)):
        job.add_point(point)
    with (job.folder / "curves.jsonl").open("a") as file:
        file.write('{"model": "BiGRU", "ru')
    job.add_point(EpochPoint("BiGRU", 0, 2, 3.0))  # after a torn line, as after a kill
    with (job.folder / "curves.jsonl").open("a") as file:
        file.write('{"model": "gone", "run": 0, "epoch": 1, "loss": 1}\n[]\n{"run": "x"}\n')
    shown = [(p.model, p.epoch) for p in job.curves()]
    assert shown == [("BiGRU", 1), ("BiGRU", 2), ("n-grams", 1)]
    assert TrainingJob.open(job.folder) == job and job.state().stage == "paused"
    (job.folder / "job.json").write_text("{")
    with pytest.raises(KindredError):
        TrainingJob.open(job.folder)
