"""Training runs in separate processes: planned, started, watched, paused and cancelled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backend.classifiers.training_job import FOLDER, Request, TrainingJob, TrainingState
from backend.core.job_runners import JobStore, ProcessRunner
from backend.core.writable import check_writable
from backend.domain import KindredError

PATIENCE = 20.0  # seconds that a process has to end


class TrainingRuns(JobStore[TrainingJob, TrainingState]):
    """The training runs of a workspace, shared by all its users.

    Parameters
    ----------
    home : pathlib.Path
        The folder of the workspace.
    """

    _runner: ProcessRunner

    def __init__(self, home: Path) -> None:
        super().__init__(TrainingJob, home / FOLDER, ProcessRunner(home, PATIENCE))

    def plan(self, request: Request) -> TrainingJob:
        """Return the training of a request: a new one unless the same was planned before."""
        check_writable()
        folder = self._folder / request.id
        try:
            return TrainingJob.open(folder)
        except KindredError:
            job = TrainingJob(folder, request)
            job.save()
            return job

    def start(self, job: TrainingJob) -> None:
        """Train in a separate process, which waits for runs that began earlier."""
        check_writable()
        with self._runner.lock:
            state = job.state()
            if state.stage != "done":
                state = replace(state, stage="waiting", error="", left=None)
                self._runner.start(job, state, ["train", "--job", job.id])

    def pause(self, id: str) -> None:
        """Stop a training run; it can be resumed from its last epoch.

        Raises
        ------
        KindredError
            ``training_busy`` when a process on another machine does not end.
        """
        check_writable()
        self._runner.stop(self.job(id))

    def cancel(self, id: str) -> None:
        """Stop a training run and delete all of it but its bundle."""
        self.pause(id)
        self.job(id).delete()
