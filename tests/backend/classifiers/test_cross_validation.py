"""Runs beside each other give what runs after each other give."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from backend.classifiers import cross_validation
from backend.classifiers.cross_validation import FoldResults, cross_validate
from backend.classifiers.dataset import FOLDS, Fold, LabelledDataset
from backend.core.device import resolve
from tests.waiting import until

COUNT = 60
ROOT = Path(__file__).resolve().parents[3]


def labelled() -> LabelledDataset:
    every = np.arange(COUNT)
    return LabelledDataset(
        name="made",
        texts=[f"text {i}" for i in every],
        supports=[""] * COUNT,
        images=[None] * COUNT,
        audios=[None] * COUNT,
        labels=every % 2,
        classes=("even", "odd"),
        folds=every % FOLDS,
        groups=every.astype(str),
        tested=np.ones(COUNT, dtype=bool),
        note="numbers",
    )


def work(results: FoldResults, fold: Fold) -> None:
    test, run = fold.test_rows, fold.run
    probabilities = np.random.default_rng(run).dirichlet([1, 1], len(test))
    results.add("chance", test, probabilities, run)
    results.add("process", test, np.full((len(test), 2), float(os.getpid())), run)
    resolve("cpu")  # as every training and every encoder does
    results.add("threads", test, np.full((len(test), 2), float(torch.get_num_threads())), run)


@pytest.mark.parametrize("threads", [1, 2])
def test_processes_change_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_validation, "threads", lambda: threads)
    # A page that was tested in this process has left its script as the main module,
    # which a new process would run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    done: list[int] = []
    dataset = labelled()
    results = cross_validate(dataset, range(FOLDS), work, on_progress=done.append)
    assert done == list(range(1, FOLDS + 1))
    assert results.systems == ["chance", "process", "threads"]
    predictions = results.predictions("chance")
    assert predictions.runs.tolist() == np.repeat(range(FOLDS), COUNT // FOLDS).tolist()
    one = FoldResults(dataset)
    for run in range(FOLDS):
        work(one, dataset.fold(run))
    assert np.array_equal(predictions.probabilities, one.predictions("chance").probabilities)
    assert np.array_equal(predictions.labels, one.predictions("chance").labels)
    where = set(results.predictions("process").probabilities[:, 0])
    assert (where == {os.getpid()}) == (threads == 1)
    if threads > 1:
        assert set(results.predictions("threads").probabilities[:, 0]) == {1.0}


def test_processes_end_with_their_parent() -> None:
    program = (
        "import os, time\n"
        "from tests.backend.classifiers import test_cross_validation as here\n"
        "here.cross_validation.threads = lambda: 2\n"
        "here.cross_validate(here.labelled(), range(4), here.wait)\n"
    )
    command = [sys.executable, "-c", program]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    until(lambda: not any(map(_lives, workers)), lambda: f"alive: {[*filter(_lives, workers)]}")


def wait(results: FoldResults, fold: Fold) -> None:
    os.write(1, b"%d\n" % os.getpid())  # in one piece: two processes share the pipe
    time.sleep(3600)  # longer than the test waits for its end


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
