"""Long-running jobs on disk, whatever process runs them.

The folder of a job holds

- ``job.json``: what was asked for,
- ``state.json``: how far it is, as last reported,
- ``.lock``: held by the process that runs the job; the system releases it when that dies,
- ``stop``: asks that process to end, also from another machine.

So a state that says "running" next to a free lock is that of an interrupted job.
`backend.core.job_runners` starts and stops jobs.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from backend.core.files import as_kindred_error, write_json
from backend.core.logging import log_numbered
from backend.domain import KindredError

_RECORD, _STATE, _LOCK, _STOP = "job.json", "state.json", ".lock", "stop"

log = logging.getLogger(__name__)


def job_id(request: str) -> str:
    """Return the id of a job: equal requests have equal ids, so that a job can be resumed."""
    return hashlib.sha256(request.encode()).hexdigest()[:16]


def failure_message(error: Exception, job: str, *, resume: bool = False) -> str:
    """Return a sentence for users on why a job failed.

    An unexpected error is logged under a random number, which the sentence names instead of
    the cause, with the advice to `resume` where that is possible. Call this where the error
    is handled; `job` says in the log what failed.
    """
    if isinstance(error, KindredError):
        return error.message
    if isinstance(error, MemoryError):
        log.exception("%s ran out of memory", job)
        advice = " Then resume." if resume else " Then try again."
        return f"This machine ran out of memory. End other programs.{advice}"
    if refused := as_kindred_error(error):
        log.exception("%s was refused by the file system", job)
        return refused.message
    number = log_numbered(log, f"{job} failed", error)
    advice = " Resume to try again." if resume else ""
    return f"An internal error occurred (error ID {number}).{advice}"


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a job is."""

    ACTIVE: ClassVar[tuple[str, ...]] = ()  # stages in which a process works on the job

    stage: str = "waiting"
    error: str = ""  # why it failed, in a sentence

    @property
    def active(self) -> bool:
        """Whether a process works on the job, or it waits for its turn."""
        return self.stage in self.ACTIVE

    def interrupted(self) -> Self:
        """Return this state once no process works on the job any more."""
        return replace(self, stage="paused")


S = TypeVar("S", bound=JobState)


class JobFolder(ABC, Generic[S]):
    """The state and the lock of a job."""

    BUSY: ClassVar[str]  # code of the error when another process runs the job

    folder: Path

    @property
    def id(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @abstractmethod
    def initial(self) -> S:
        """Return the state of a job that has reported nothing."""

    def reported(self) -> S:
        """Return the state that was reported last, though the process may be dead by now."""
        initial = self.initial()
        try:
            return TypeAdapter(type(initial)).validate_json((self.folder / _STATE).read_bytes())
        except (OSError, ValueError):
            return initial

    def state(self) -> S:
        """Return how far the job is; it is interrupted if no process works on it."""
        state = self.reported()
        if not state.active or self.busy():
            return state
        state = self.reported()  # it may have ended between the two looks
        return state.interrupted() if state.active else state

    def report(self, state: S) -> None:
        """Write down how far the job is."""
        write_json(self.folder / _STATE, asdict(state))

    def busy(self) -> bool:
        """Whether a process works on the job."""
        try:
            # Wait a little: another process that asks holds the lock for a moment, too.
            with self._lock(0.05):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other processes from working on the job inside the block.

        Raises
        ------
        KindredError
            `BUSY` when another process works on it.
        """
        try:
            # Wait a little: a process that asks whether it is busy holds the lock for a moment.
            with self._lock(1.0):
                yield
        except Timeout:
            message = "This job is already running, here or in another process."
            raise KindredError(self.BUSY, message) from None

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Work on the job inside the block; an error becomes its state and is raised again.

        `what` names the work in the log.

        Raises
        ------
        KindredError
            As for `exclusive`; whatever the block raises.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.exclusive():
            try:
                yield
            except Exception as error:
                message = failure_message(error, f"{what} {self.id}")
                with suppress(OSError):  # a full disk: at least no process works on it any more
                    self.report(replace(self.initial(), stage="failed", error=message))
                raise

    def _lock(self, seconds: float) -> FileLock:
        path = self.folder / _LOCK
        return FileLock(path, timeout=seconds, poll_interval=0.01, is_singleton=False)

    def request_stop(self) -> None:
        """Ask the process that works on the job to end, on whichever machine it runs."""
        (self.folder / _STOP).touch()

    def clear_stop(self) -> None:
        """Take that request back."""
        (self.folder / _STOP).unlink(missing_ok=True)

    def stop_requested(self) -> bool:
        """Whether the process that works on the job should end."""
        return (self.folder / _STOP).exists()

    def delete(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Job(JobFolder[S]):
    """A job with a request, which can be opened again in any process."""

    MISSING: ClassVar[str]  # code of the error when there is no such job

    created: str  # ISO 8601

    @abstractmethod
    def record(self) -> dict[str, Any]:
        """Return what ``job.json`` holds."""

    def save(self) -> None:
        """Write ``job.json``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / _RECORD, self.record())

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a job.

        Raises
        ------
        KindredError
            `MISSING` when there is none, or a damaged one.
        """
        try:
            record = json.loads((folder / _RECORD).read_bytes())
            return TypeAdapter(cls).validate_python({**record, "folder": folder})
        except (OSError, ValueError, TypeError, RecursionError):
            raise cls.missing() from None

    @classmethod
    def missing(cls) -> KindredError:
        """Return the error that says that there is no such job."""
        return KindredError(cls.MISSING, "There is no such job here; it may have been cancelled.")
