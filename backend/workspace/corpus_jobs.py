"""Jobs that a separate process does for one corpus at a time, in the background of pages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from backend.core.job_runners import ProcessRunner
from backend.core.jobs import JobFolder, JobState, job_id
from backend.core.writable import check_writable
from backend.workspace.context import WorkspaceContext

PATIENCE = 10.0  # seconds that a process has to end

S = TypeVar("S", bound=JobState)


class CorpusJobs(ABC, Generic[S]):
    """Jobs of one kind, of the corpora of one workspace.

    Parameters
    ----------
    context : WorkspaceContext
    """

    FOLDER: ClassVar[str]  # of a workspace, for their folders

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._runner = ProcessRunner(context.home, PATIENCE)

    @abstractmethod
    def job(self, corpus: str | None) -> JobFolder[S]:
        """Return the job of a corpus and a bundle."""

    def pause(self, corpus: str | None = None) -> None:
        """End the process that `start` began here; what it has finished stays."""
        check_writable()
        self._runner.terminate(self.job(corpus))

    def state(self, corpus: str | None = None) -> S:
        """Return how far the job of a corpus is."""
        return self._runner.state(self.job(corpus))

    def _start(self, corpus: str | None, state: S, command: Sequence[str], *, busy: str) -> None:
        """Run a command for a corpus, unless that runs already; see `ProcessRunner.start_alone`."""
        check_writable()
        command = [*command, "--quiet", "--json"]
        self._runner.start_alone(self.job(corpus), state, command, busy=busy)

    def _folder(self, corpus: str | None, bundle: str) -> Path:
        """Return the folder of the job of a corpus and a bundle."""
        id_ = job_id(f"{self._context.corpus(corpus).uri}\n{bundle}")
        return self._context.home / self.FOLDER / id_
