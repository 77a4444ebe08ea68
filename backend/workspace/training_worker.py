"""The process of one training: ``python -m backend train --job ID``.

It waits for its turn, trains and reports its progress. If it dies, another process continues
from the last epoch and ends with the same table.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from backend.classifiers.training_job import (
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

QUEUE_LOCK = ".turn"
POLL = 0.3  # seconds between two looks at the queue
REPORT_EVERY = 0.3  # seconds, at least, between two reports
ENCODING_SHARE = 0.8  # of a training whose posts are not encoded yet


class TrainingWorker:
    """Works on one training until it is done or fails."""

    def __init__(self, job: TrainingJob, context: WorkspaceContext) -> None:
        self.job, self._context = job, context
        state = job.state()
        self._spent_before = state.spent
        self._start = self._reported = time.monotonic()
        self.state = replace(
            state, stage="waiting", error="", queued=time.time(), left=None, done=0, share=0.0
        )

    def run(self) -> TrainingState:
        """Wait for the turn, train, and return the state ``done`` or ``failed``.

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
        """Wait until no other training runs; the one that was queued first is first."""
        lock = FileLock(self.job.folder.parent / QUEUE_LOCK, is_singleton=False)
        while True:
            if not any(map(self._earlier, self.job.folder.parent.iterdir())):
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    pass
                else:
                    return lock
            time.sleep(POLL)

    def _earlier(self, folder: Path) -> bool:
        if folder == self.job.folder or not (folder / "job.json").is_file():
            return False
        try:
            state = TrainingJob.open(folder).state()
        except KindredError:
            return False
        return state.stage == "waiting" and 0 < state.queued < self.state.queued

    def _train(self) -> None:
        from backend.classifiers import corpus_dataset
        from backend.workspace.model_comparison import Plan, compare, write_bundle

        self._report(stage="reading", doing="opening the corpus")
        request, context = self.job.request, self._context
        active = (context.bundle.name, encoders_digest(context.bundle))
        if request.bundle and (request.bundle, request.encoders) != active:
            raise KindredError(
                "other_bundle",
                f"This training was started with the bundle {request.bundle}, but another bundle "
                "or other encoders are active now. Activate that bundle again, or start a new "
                "training.",
            )
        budget = BUDGETS[request.budget]
        posts = corpus_dataset.read(context.corpus(request.corpus), request.label)
        plan = Plan(request.models, budget.runs, budget.epochs, self.job.checkpoints)
        compared = compare(context, posts, plan, self._progress)
        bundle = ""
        if compared.best is not None:
            self._report(doing="writing the bundle")
            name = f"trained-{self.job.id[:8]}"
            bundle = write_bundle(context, compared, posts, request.label, name).path.name
        self.job.save_result(compared.result)
        self._report(
            stage="done", share=1.0, left=0.0, doing="", best=compared.best or "", bundle=bundle
        )
        self.job.delete_checkpoints()

    def _progress(self, progress: Progress) -> None:
        step = progress.step
        if step is not None and step.done >= 1.0:
            loss = None if step.score is None else -step.score
            self.job.add_point(
                EpochPoint(progress.model, progress.run, step.epoch, step.loss, loss, step.f1)
            )
        due = time.monotonic() - self._reported >= REPORT_EVERY
        if not due and progress.model == self.state.model and progress.done == self.state.done:
            return
        part, doing, left = 0.0, "", None
        if progress.encoding is not None:
            name, done, total = progress.encoding
            doing = f"encoding {name}s, {done:,} of {total:,}" if done < total else ""
            part = ENCODING_SHARE * done / max(total, 1)
        elif step is not None:
            part = (step.epoch - 1 + step.done) / step.epochs
            doing = f"epoch {step.epoch} of {step.epochs}"
        share = (progress.done + part) / max(progress.total, 1)
        spent = time.monotonic() - self._start
        if step is not None:
            # Assume the mean time of the finished runs; early stopping may end sooner.
            each = (spent - step.seconds) / progress.done if progress.done else spent + step.left
            left = step.left + each * max(progress.total - progress.done - 1, 0)
        self._report(
            stage="reading" if progress.encoding is not None else "training",
            model=progress.model,
            done=progress.done,
            total=progress.total,
            doing=doing,
            share=min(share, 1.0),
            left=left,
        )

    def _report(self, **changes: object) -> None:
        spent = self._spent_before
        if self.state.stage != "waiting" or "stage" in changes:
            spent += time.monotonic() - self._start
        self.state = replace(self.state, spent=spent, **changes)  # type: ignore[arg-type]
        self._reported = time.monotonic()
        self.job.report(self.state)


def work(context: WorkspaceContext, id: str) -> int:
    """Run a training job in this process and return the exit code."""
    logs.configure()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    job = TrainingJob.open(context.home / FOLDER / id)
    exit_with_parent(job)
    os.nice(5)  # pages come first
    state = TrainingWorker(job, context).run()
    return 0 if state.stage == "done" else 1
