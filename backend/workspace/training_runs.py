"""Trainings in processes of their own: begun, watched, paused, forgotten."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

from backend.classifiers.job import FOLDER, Job, Request, State
from backend.core.jobs import begin
from backend.domain import KindredError
from backend.workspace.guards import check_writable

PATIENCE = 20.0  # seconds that a process has to die


class TrainingRuns:
    """The trainings of a workspace, shared by all who look at it.

    Parameters
    ----------
    home : pathlib.Path
        Of the workspace.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def plan(self, request: Request) -> Job:
        """Write a training down; the one that was begun before, if the same was."""
        check_writable()
        folder = self.home / FOLDER / request.id
        try:
            return Job.open(folder)
        except KindredError:
            job = Job(folder, request)
            job.save()
            job.tell(State())
            return job

    def start(self, job: Job) -> None:
        """Train in a process of its own; others that are at work are waited for."""
        check_writable()
        with self._lock:
            if self._alive(job.id) or job.busy() or job.state().stage == "done":
                return
            job.stop(False)  # whoever asked for that may have died
            job.tell(replace(job.state(), stage="waiting", error="", left=None))
            self._processes[job.id] = begin(
                ["train", "--job", job.id], self.home, job.folder / "log.txt"
            )

    def pause(self, id: str) -> None:
        """Stop a training; it can be gone on with from its last epoch."""
        check_writable()
        job = self.job(id)
        process = self._processes.get(id)
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return
        if not job.busy():
            return
        # Of another app on the same workspace, perhaps on another machine: no signal goes there,
        # and a process id of there may be a stranger's here.
        job.stop()
        try:
            end = time.monotonic() + PATIENCE
            while job.busy():
                if time.monotonic() > end:
                    said = "Another process works on it; stop it there."
                    raise KindredError("training_busy", said)
                time.sleep(0.1)
        finally:
            job.stop(False)

    def resume(self, id: str) -> None:
        """Go on with a training."""
        self.start(self.job(id))

    def cancel(self, id: str) -> None:
        """Stop a training and forget all that it made; a bundle that it kept stays."""
        check_writable()
        self.pause(id)
        self._processes.pop(id, None)
        self.job(id).forget()

    def job(self, id: str) -> Job:
        """A training by its id.

        Raises
        ------
        KindredError
            ``no_training``.
        """
        if not re.fullmatch(r"[0-9a-f]{16}", id):
            raise KindredError("no_training", "There is no such training here.")
        return Job.open(self.home / FOLDER / id)

    def jobs(self) -> list[tuple[Job, State]]:
        """All trainings that were not forgotten, newest first."""
        folder = self.home / FOLDER
        found = []
        for path in folder.iterdir() if folder.is_dir() else ():
            try:
                job = self.job(path.name)
            except KindredError:
                continue  # a damaged one cannot be gone on with, and hides nothing
            found.append((job, self.state(job)))
        return sorted(found, key=lambda row: row[0].created, reverse=True)

    def state(self, job: Job) -> State:
        """How far a training is; one whose process is only just waking is not paused."""
        alive = self._alive(job.id)
        found = job.state()
        return replace(found, stage="waiting") if alive and found.stage == "paused" else found

    def _alive(self, id: str) -> bool:
        process = self._processes.get(id)
        return process is not None and process.poll() is None
