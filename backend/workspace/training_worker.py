"""The work of one training, in the process that ``python -m backend train --job ID`` is.

It waits for its turn, trains, and writes down how far it is. Whatever moment it
dies in, another one goes on from the last epoch and ends with the same table.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from backend.classifiers.job import BUDGETS, FOLDER, EpochPoint, Job, State, encoders_digest
from backend.core import logging as logs
from backend.domain import KindredError

if TYPE_CHECKING:
    from backend.classifiers.compare import Progress
    from backend.workspace.context import WorkspaceContext

log = logging.getLogger(__name__)

TURN = ".turn"
LOOK = 0.3  # seconds between two looks at the queue
READING = 0.8  # of a training is its posts' encoding, where they are not known yet
TELL = 0.3  # and, at least, between two states written


class Work:
    """One go at a training.

    Parameters
    ----------
    job : Job
    host : WorkspaceContext
        The workspace that it is in.
    """

    def __init__(self, job: Job, host: WorkspaceContext) -> None:
        self.job, self._host = job, host
        before = job.state()
        self._before = before.spent
        self._start = self._told = time.monotonic()
        self.state = replace(
            before, stage="waiting", error="", queued=time.time(), left=None, done=0, share=0.0
        )

    def run(self) -> State:
        """Wait, train, and end as ``done`` or ``failed``.

        Raises
        ------
        KindredError
            ``training_busy``; every other failure is in the state.
        """
        with self.job.held():
            self._say(doing="")
            try:
                with self._turn():
                    self._start = time.monotonic()
                    self._train()
            except KindredError as error:
                self._say(stage="failed", error=error.message, left=None)
            except Exception:
                # Nobody is above this process: the log gets the cause, the page a sentence.
                id_ = secrets.token_hex(4)
                log.exception("training %s failed, error %s", self.job.id, id_)
                said = f"Something went wrong that is not your fault (error {id_})."
                self._say(stage="failed", error=f"{said} Resume to try again.", left=None)
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
            state = Job.open(folder).state()  # of a dead one it says paused
        except KindredError:
            return False
        return state.stage == "waiting" and 0 < state.queued < self.state.queued

    def _train(self) -> None:
        from backend.classifiers import corpus_dataset
        from backend.workspace.train_corpus import compare, keep

        self._say(stage="reading", doing="opening the corpus")
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
            self._say(doing="writing the bundle")
            name = f"trained-{self.job.id[:8]}"
            bundle = keep(host, compared, posts, request.label, name).path.name
        self.job.keep(compared.result)
        self._say(
            stage="done", share=1.0, left=0.0, doing="", best=compared.best or "", bundle=bundle
        )
        self.job.tidy()

    def _progress(self, now: Progress) -> None:
        step = now.step
        if step is not None and step.done >= 1.0:
            loss = None if step.score is None else -step.score
            self.job.add(EpochPoint(now.model, now.run, step.epoch, step.loss, loss, step.f1))
        late = time.monotonic() - self._told >= TELL
        if not late and now.model == self.state.model and now.done == self.state.done:
            return
        part, doing, left = 0.0, "", None
        if now.encoding is not None:
            name, done, total = now.encoding
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
        self._say(
            stage="reading" if now.encoding is not None else "training",
            model=now.model,
            done=now.done,
            total=now.total,
            doing=doing,
            share=min(share, 1.0),
            left=left,
        )

    def _say(self, **changes: object) -> None:
        spent = self._before
        if self.state.stage != "waiting" or "stage" in changes:
            spent += time.monotonic() - self._start
        self.state = replace(self.state, spent=spent, **changes)  # type: ignore[arg-type]
        self._told = time.monotonic()
        self.job.tell(self.state)


def _follow(parent: int, job: Job) -> None:
    """End with the app, behind whose back nothing must go on, or when another app asks for it."""
    while os.getppid() == parent and not job.stopped():
        time.sleep(1.0)
    os._exit(1)  # checkpoints and tables are written whole, so any moment will do


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
    job = Job.open(host.home / FOLDER / id)
    threading.Thread(target=_follow, args=(os.getppid(), job), daemon=True).start()
    os.nice(5)  # who looks at pages must not wait for it
    state = Work(job, host).run()
    return 0 if state.stage == "done" else 1
