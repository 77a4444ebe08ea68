"""The work of one training, in the process that ``python -m backend train --job ID`` is.

It waits for its turn, trains, and writes down how far it is. Whatever moment it
dies in, another one goes on from the last epoch and ends with the same table.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from backend.classifiers.job import (
    BUDGETS,
    FOLDER,
    EpochPoint,
    TrainingJob,
    TrainingState,
    encoders_digest,
)
from backend.core import logging as logs
from backend.core.job_runners import exit_with_parent
from backend.core.jobs import failure_message
from backend.domain import KindredError

if TYPE_CHECKING:
    from backend.classifiers.compare import Progress
    from backend.workspace.context import WorkspaceContext

TURN = ".turn"
LOOK = 0.3  # seconds between two looks at the queue
READING = 0.8  # of a training is its posts' encoding, where they are not known yet
TELL = 0.3  # and, at least, between two states written


class Work:
    """One go at a training.

    Parameters
    ----------
    job : TrainingJob
    host : WorkspaceContext
        The workspace that it is in.
    """

    def __init__(self, job: TrainingJob, host: WorkspaceContext) -> None:
        self.job, self._host = job, host
        before = job.state()
        self._before = before.spent
        self._start = self._told = time.monotonic()
        self.state = replace(
            before, stage="waiting", error="", queued=time.time(), left=None, done=0, share=0.0
        )

    def run(self) -> TrainingState:
        """Wait, train, and end as ``done`` or ``failed``.

        Raises
        ------
        KindredError
            ``training_busy``; every other failure is in the state.
        """
        with self.job.exclusive():
            self._report(doing="")
            try:
                with self._turn():
                    self._start = time.monotonic()
                    self._train()
            except Exception as error:  # nothing above this process would report it
                message = failure_message(error, f"training {self.job.id}", resume=True)
                self._report(stage="failed", error=message, left=None)
        return self.state

    def _turn(self) -> FileLock:
        """Wait until no other training is at work; who asked first is first."""
        lock = FileLock(self.job.folder.parent / TURN, is_singleton=False)
        while True:
            if not any(map(self._earlier, self.job.folder.parent.iterdir())):
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    pass
                else:
                    return lock
            time.sleep(LOOK)

    def _earlier(self, folder: Path) -> bool:
        if folder == self.job.folder or not (folder / "job.json").is_file():
            return False
        try:
            state = TrainingJob.open(folder).state()  # of a dead one it says paused
        except KindredError:
            return False
        return state.stage == "waiting" and 0 < state.queued < self.state.queued

    def _train(self) -> None:
        from backend.classifiers import corpus_dataset
        from backend.workspace.train_corpus import compare, keep

        self._report(stage="reading", doing="opening the corpus")
        request, host = self.job.request, self._host
        now = (host.bundle.name, encoders_digest(host.bundle))
        if request.bundle and (request.bundle, request.encoders) != now:
            raise KindredError(
                "other_bundle",
                f"It was begun with the bundle {request.bundle}; another one, or one with other "
                "encoders, is in use now. Use that one again, or begin anew.",
            )
        budget = BUDGETS[request.budget]
        posts = corpus_dataset.read(host.corpus(request.corpus), request.label)
        compared = compare(
            host,
            posts,
            request.models,
            runs=budget.runs,
            epochs=budget.epochs,
            folder=self.job.checkpoints,
            tell=self._progress,
        )
        bundle = ""
        if compared.best is not None:
            self._report(doing="writing the bundle")
            name = f"trained-{self.job.id[:8]}"
            bundle = keep(host, compared, posts, request.label, name).path.name
        self.job.save_result(compared.result)
        self._report(
            stage="done", share=1.0, left=0.0, doing="", best=compared.best or "", bundle=bundle
        )
        self.job.delete_checkpoints()

    def _progress(self, now: Progress) -> None:
        step = now.step
        if step is not None and step.done >= 1.0:
            loss = None if step.score is None else -step.score
            self.job.add_point(
                EpochPoint(now.model, now.run, step.epoch, step.loss, loss, step.figure)
            )
        late = time.monotonic() - self._told >= TELL
        if not late and now.model == self.state.model and now.done == self.state.done:
            return
        part, doing, left = 0.0, "", None
        if now.reading is not None:
            name, done, total = now.reading
            doing = f"encoding {name}s, {done:,} of {total:,}" if done < total else ""
            part = READING * done / max(total, 1)
        elif step is not None:
            part = (step.epoch - 1 + step.done) / step.epochs
            doing = f"epoch {step.epoch} of {step.epochs}"
        share = (now.done + part) / max(now.total, 1)
        spent = time.monotonic() - self._start
        if step is not None:
            # The mean of those that are done stands for those to come; epochs may end sooner.
            each = (spent - step.seconds) / now.done if now.done else spent + step.left
            left = step.left + each * max(now.total - now.done - 1, 0)
        self._report(
            stage="reading" if now.reading is not None else "training",
            model=now.model,
            done=now.done,
            total=now.total,
            doing=doing,
            share=min(share, 1.0),
            left=left,
        )

    def _report(self, **changes: object) -> None:
        spent = self._before
        if self.state.stage != "waiting" or "stage" in changes:
            spent += time.monotonic() - self._start
        self.state = replace(self.state, spent=spent, **changes)  # type: ignore[arg-type]
        self._told = time.monotonic()
        self.job.report(self.state)


def work(host: WorkspaceContext, id: str) -> int:
    """Be the process of a training.

    Parameters
    ----------
    host : WorkspaceContext
    id : str

    Returns
    -------
    int
        The exit code.
    """
    logs.configure()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    job = TrainingJob.open(host.home / FOLDER / id)
    exit_with_parent(job)
    os.nice(5)  # pages come first
    state = Work(job, host).run()
    return 0 if state.stage == "done" else 1
