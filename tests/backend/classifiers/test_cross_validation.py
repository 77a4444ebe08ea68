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
from backend.classifiers.cross_validation import FoldResults, gather
from backend.classifiers.dataset import FOLDS, LabelledDataset
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


def work(gathered: FoldResults, run: int) -> None:
    _, _, test = gathered.posts.split(run)
    shares = np.random.default_rng(run).dirichlet([1, 1], len(test))
    gathered.add("chance", test, shares, run)
    gathered.add("process", test, np.full((len(test), 2), float(os.getpid())), run)
    resolve("cpu")  # as every training and every encoder does
    gathered.add("threads", test, np.full((len(test), 2), float(torch.get_num_threads())), run)


@pytest.mark.parametrize("threads", [1, 2])
def test_processes_change_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_validation, "threads", lambda: threads)
    # A page that was tested in this process has left its script as the main module,
    # which a new process would run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    told: list[int] = []
    posts = labelled()
    gathered = gather(posts, range(FOLDS), work, told=told.append)
    assert told == list(range(1, FOLDS + 1)) and gathered.systems == [
        "chance",
        "process",
        "threads",
    ]
    said = gathered.predictions("chance")
    assert said.runs.tolist() == np.repeat(range(FOLDS), COUNT // FOLDS).tolist()
    one = FoldResults(posts)
    for run in range(FOLDS):
        work(one, run)
    assert np.array_equal(said.shares, one.predictions("chance").shares)
    assert np.array_equal(said.labels, one.predictions("chance").labels)
    where = set(gathered.predictions("process").shares[:, 0])
    assert (where == {os.getpid()}) == (threads == 1)
    if threads > 1:
        assert set(gathered.predictions("threads").shares[:, 0]) == {1.0}


def test_processes_end_with_their_parent() -> None:
    program = (
        "import os, time\n"
        "from tests.backend.classifiers import test_cross_validation as here\n"
        "here.cross_validation.threads = lambda: 2\n"
        "here.gather(here.labelled(), range(4), here.wait)\n"
    )
    command = [sys.executable, "-c", program]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    until(lambda: not any(map(_lives, workers)), lambda: f"alive: {[*filter(_lives, workers)]}")


def wait(gathered: FoldResults, run: int) -> None:
    print(os.getpid(), flush=True)
    time.sleep(3600)  # longer than the test waits for its end


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
