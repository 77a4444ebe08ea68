"""Start, watch and stop jobs: in processes, also those of other machines, or in threads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from backend.core.jobs import Job, JobFolder, JobState, failure_message
from backend.domain import KindredError
from backend.settings import ROOT

LOG = "log.txt"
_ID = re.compile(r"[0-9a-f]{16}")
_PATH = "PYTHONPATH"
PARENT = "KINDRED_PARENT"  # environment variable: id of the process that started this one

S = TypeVar("S", bound=JobState)
J = TypeVar("J", bound=Job[Any])


class Runner(ABC):
    """Runs jobs of one kind."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # held while somebody decides whether to start a job

    @abstractmethod
    def alive(self, job: JobFolder[Any]) -> bool:
        """Whether this runner started the job and it has not ended."""

    def running(self, job: JobFolder[Any]) -> bool:
        """Whether the job runs, here or elsewhere."""
        return self.alive(job) or job.busy()

    def state(self, job: JobFolder[S]) -> S:
        """Return how far a job is; one that is only starting up does not count as interrupted."""
        return job.reported() if self.alive(job) else job.state()


class ProcessRunner(Runner):
    """Runs jobs as ``python -m backend`` processes on the workspace in the folder `home`.

    A process has `patience` seconds to end when asked to.
    """

    def __init__(self, home: Path, patience: float) -> None:
        super().__init__()
        self._home, self._patience = home, patience
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def alive(self, job: JobFolder[Any]) -> bool:
        """Whether the process that was started here has not ended."""
        return job.id in self.alive_ids()

    def alive_ids(self) -> set[str]:
        """Return the ids of the jobs whose processes, started here, have not ended."""
        return {id for id, process in list(self.processes.items()) if process.poll() is None}

    def start(self, job: JobFolder[S], state: S, arguments: Sequence[str]) -> None:
        """Run ``python -m backend ARGUMENTS`` for a job, unless the job runs already.

        `state` is reported until the process reports one; the output is appended to ``log.txt``.

        Raises
        ------
        KindredError
            ``not_started``.
        """
        with self.lock:
            self.await_exit(job)
            if self.running(job):
                return
            job.folder.mkdir(parents=True, exist_ok=True)
            if not _report(job, state):
                return
            with (job.folder / LOG).open("ab") as log:
                try:
                    process = start_process("backend", arguments, home=self._home, output=log)
                except OSError as error:
                    message = f"No process could be started: {error.strerror}."
                    raise KindredError("not_started", message) from error
            self.processes[job.id] = process

    def start_alone(
        self, job: JobFolder[S], state: S, arguments: Sequence[str], *, busy: str
    ) -> None:
        """As `start`, for jobs in one folder of which one at a time may run.

        Raises
        ------
        KindredError
            ``job.BUSY`` with the sentence `busy` while another job runs; as for `start`.
        """
        with self.lock:
            for id in self.alive_ids():
                other: Any = job  # a dataclass
                self.await_exit(replace(other, folder=job.folder.with_name(id)))
            if self.alive_ids() - {job.id}:
                raise KindredError(job.BUSY, busy)
            self.start(job, state, arguments)

    def await_exit(self, job: JobFolder[Any]) -> None:
        """Wait for the process of a job that is over: it may not have quite ended."""
        process = self.processes.get(job.id)
        if process is not None and not job.reported().active:
            with suppress(subprocess.TimeoutExpired):
                process.wait(self._patience)

    def terminate(self, job: JobFolder[Any]) -> bool:
        """End the process that was started here, and return whether there was one."""
        if not self.alive(job):
            return False
        process = self.processes[job.id]
        process.terminate()
        try:
            process.wait(self._patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return True

    def stop(self, job: JobFolder[Any]) -> None:
        """End the process that runs a job, wherever it runs.

        A process of another app, perhaps on another machine, gets no signal: its process id
        may be a stranger's here. It is asked with a file (see `exit_with_parent`).

        Raises
        ------
        KindredError
            ``job.BUSY`` when another process does not end in time.
        """
        if self.terminate(job) or not job.busy():
            return
        job.request_stop()
        try:
            end = time.monotonic() + self._patience
            while job.busy():
                if time.monotonic() > end:
                    raise stop_elsewhere(job)
                time.sleep(0.1)
        finally:
            job.clear_stop()


@dataclass(frozen=True, slots=True)
class _Run:
    """A thread that works on a job, and what asks it to stop."""

    thread: threading.Thread
    stop: threading.Event


class ThreadRunner(Runner):
    """Runs jobs in threads of this process."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[str, _Run] = {}

    def alive(self, job: JobFolder[Any]) -> bool:
        """Whether the thread that was started here has not ended."""
        run = self._runs.get(job.id)
        return run is not None and run.thread.is_alive()

    def start(self, job: JobFolder[S], state: S, work: Callable[[threading.Event], object]) -> None:
        """Work on a job in the background, unless it runs already.

        `state` is reported until `work` reports one; what `work` raises becomes its failure.
        `work` gets the event that asks it to stop, which holds for this run only.
        """
        with self.lock:
            if self.running(job):
                return
            with suppress(OSError):  # a full disk: `work` says so
                if not _report(job, state):
                    return
            stop = threading.Event()
            thread = threading.Thread(
                target=_work, args=(job, work, stop), daemon=True, name=f"job-{job.id}"
            )
            self._runs[job.id] = _Run(thread, stop)
            thread.start()

    def request_stop(self, id: str) -> None:
        """Ask the thread that works on a job, if one does, to stop."""
        if (run := self._runs.get(id)) is not None:
            run.stop.set()

    def stop(self, job: JobFolder[Any], patience: float) -> None:
        """Stop the work on a job and wait for its end, `patience` seconds at most.

        Raises
        ------
        KindredError
            ``job.BUSY`` when it does not end in time, or runs in another process.
        """
        self.request_stop(job.id)
        if (run := self._runs.get(job.id)) is not None:
            run.thread.join(timeout=patience)
            if run.thread.is_alive():
                raise KindredError(job.BUSY, "This job is still stopping; try again in a minute.")
        if job.busy():
            raise stop_elsewhere(job)


def _work(
    job: JobFolder[Any], work: Callable[[threading.Event], object], stop: threading.Event
) -> None:
    try:
        work(stop)
    except Exception as error:
        message = failure_message(error, f"job {job.id}", resume=True)
        with suppress(OSError):  # a full disk: at least nobody works on it any more
            _report(job, replace(job.reported(), stage="failed", error=message))


def _report(job: JobFolder[S], state: S) -> bool:
    """Report a state unless somebody works on the job, who reports; return whether it was.

    An older request to stop is taken back: the process that made it may have died.
    """
    try:
        with job.exclusive():
            job.clear_stop()
            job.report(state)
    except KindredError:
        return False
    return True


def stop_elsewhere(job: JobFolder[Any]) -> KindredError:
    """Return the error that says that a job cannot be stopped from here."""
    return KindredError(job.BUSY, "Another process runs this job; stop it there.")


class JobStore(ABC, Generic[J, S]):
    """All jobs of one kind: a class of jobs, the folder of their folders, and their runner."""

    _runner: Runner

    def __init__(self, kind: type[J], folder: Path, runner: Runner) -> None:
        self._kind, self._folder, self._runner = kind, folder, runner

    @abstractmethod
    def start(self, job: J) -> None:
        """Run a job in the background, unless it runs already or is done."""

    def resume(self, id: str) -> None:
        """Start a job again where it stopped."""
        self.start(self.job(id))

    def job(self, id: str) -> J:
        """Return a job by its id, which may come from anybody.

        Raises
        ------
        KindredError
            As `Job.open`.
        """
        if not _ID.fullmatch(id):
            raise self._kind.missing()
        return self._kind.open(self._folder / id)

    def jobs(self) -> list[tuple[J, S]]:
        """Return all jobs with their states, newest first, without the damaged ones."""
        jobs = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            try:
                job = self.job(path.name)
            except KindredError:
                continue
            jobs.append((job, self.state(job)))
        return sorted(jobs, key=lambda row: row[0].created, reverse=True)

    def state(self, job: J) -> S:
        """Return how far a job is."""
        state: S = self._runner.state(job)
        return state


def start_process(
    module: str,
    arguments: Sequence[str],
    *,
    home: Path | None = None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Run ``python -m MODULE ARGUMENTS`` next to this process.

    It works on the workspace in `home`, by default that of the environment, and prints to
    `output`, by default where this process does.
    """
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get(_PATH)])])
    workspace = {} if home is None else {"KINDRED_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **workspace, _PATH: path, PARENT: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


def exit_with_parent(job: JobFolder[Any]) -> None:
    """End this process, which runs a job, with the app that started it, or on `request_stop`.

    Whatever it writes must be written atomically, because the process may end at any moment.
    The app that started it may have ended before this call, hence its id in the environment.
    """
    parent = int(os.environ.pop(PARENT, os.getppid()))

    def exit_if_asked() -> None:
        if os.getppid() != parent or job.stop_requested():
            os._exit(1)

    def watch() -> None:
        while True:
            time.sleep(1.0)
            exit_if_asked()

    exit_if_asked()
    threading.Thread(target=watch, daemon=True).start()
