"""Runs beside each other give what runs after each other give."""

from __future__ import annotations

import os
import sys
from types import ModuleType

import numpy as np
import pytest

from backend.evaluation import papers
from backend.evaluation.papers import Gathered, gather
from backend.training.labelled import FOLDS, Labelled

COUNT = 60


def labelled() -> Labelled:
    every = np.arange(COUNT)
    return Labelled(
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


def work(gathered: Gathered, run: int) -> None:
    _, _, test = gathered.posts.split(run)
    shares = np.random.default_rng(run).dirichlet([1, 1], len(test))
    gathered.add("chance", test, shares, run)
    gathered.add("process", test, np.full((len(test), 2), float(os.getpid())), run)


@pytest.mark.parametrize("threads", [1, 2])
def test_processes_change_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "threads", lambda: threads)
    # A page that was tested in this process has left its script as the main module,
    # which a new process would run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    told: list[int] = []
    posts = labelled()
    gathered = gather(posts, range(FOLDS), work, read=lambda: told.append(0), told=told.append)
    assert told == list(range(FOLDS + 1)) and gathered.systems == ["chance", "process"]
    said = gathered.predictions("chance")
    assert said.runs.tolist() == np.repeat(range(FOLDS), COUNT // FOLDS).tolist()
    one = Gathered(posts)
    for run in range(FOLDS):
        work(one, run)
    assert np.array_equal(said.shares, one.predictions("chance").shares)
    assert np.array_equal(said.labels, one.predictions("chance").labels)
    where = set(gathered.predictions("process").shares[:, 0])
    assert (where == {os.getpid()}) == (threads == 1)
