"""Reading the images and sounds of a corpus in the background of pages.

The work is done by ``python -m backend read`` in a separate process, as making maps is; that
command reports its progress here, whoever runs it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from backend.core.job_runners import ProcessRunner
from backend.core.jobs import JobFolder, JobState, job_id
from backend.core.progress import Progress
from backend.core.writable import check_writable
from backend.domain import Modality
from backend.recognition import estimate, missing, wanted
from backend.workspace.context import WorkspaceContext
from backend.workspace.read_corpus import ReadCounts, read_corpus

FOLDER = "reading"  # of a workspace
PATIENCE = 10.0  # seconds that a process has to end


@dataclass(frozen=True, slots=True)
class ReadState(JobState):
    """How far the reading of a corpus is.

    Attributes
    ----------
    stage : str
        ``none``, ``reading``, ``done``, ``stopped`` or ``failed``.
    done, total : int
        Posts.
    """

    ACTIVE: ClassVar = ("reading",)

    stage: str = "none"
    done: int = 0
    total: int = 0

    def interrupted(self) -> Self:
        """Return this state once no process reads any more."""
        return replace(self, stage="stopped")


@dataclass(frozen=True, slots=True)
class ReadJob(JobFolder[ReadState]):
    """The reading of one corpus with one bundle."""

    BUSY: ClassVar = "read_busy"

    folder: Path

    def initial(self) -> ReadState:
        """Return the state before anything is reported."""
        return ReadState()


@dataclass(frozen=True, slots=True)
class Unread:
    """What a corpus has that was not read.

    Attributes
    ----------
    images, sounds : int
        Of those that are wanted by the settings and can be read here.
    minutes : float
        That reading them may take.
    """

    images: int
    sounds: int

    @property
    def minutes(self) -> float:
        """Minutes that reading may take."""
        return estimate(self.images, self.sounds) / 60


class ReadJobs:
    """Reads the corpora of one workspace."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._runner = ProcessRunner(context.home, PATIENCE)

    @property
    def missing(self) -> str:
        """Why sounds are not transcribed here, in one sentence; empty if they are."""
        return missing()

    def unread(self, corpus: str | None = None) -> Unread:
        """Return how many images and sounds of a corpus were not read."""
        opened, chosen = self._context.corpus(corpus), wanted()
        images = len(opened.unread({Modality.IMAGE})) if Modality.IMAGE in chosen else 0
        can_hear = Modality.AUDIO in chosen and not missing()
        return Unread(images, len(opened.unread({Modality.AUDIO})) if can_hear else 0)

    def start(self, corpus: str) -> None:
        """Read a corpus in a separate process, unless one does already.

        Raises
        ------
        KindredError
            ``read_only``; ``read_busy`` while another corpus is read; ``not_started``.
        """
        check_writable()
        job = self.job(corpus)
        command = ["read", corpus, "--quiet", "--json"]
        busy = "Another corpus is being read; wait until that is done."
        self._runner.start_alone(job, ReadState("reading"), command, busy=busy)

    def pause(self, corpus: str) -> None:
        """End the process that `start` began here; what was read stays."""
        check_writable()
        self._runner.terminate(self.job(corpus))

    def state(self, corpus: str) -> ReadState:
        """Return how far the reading of a corpus is."""
        return self._runner.state(self.job(corpus))

    def run(
        self, corpus: str, modalities: Collection[Modality], progress: Progress | None = None
    ) -> ReadCounts:
        """Read a corpus in this process and report the progress.

        Raises
        ------
        KindredError
            ``read_busy`` when another process reads it; whatever `read_corpus` raises.
        """
        job = self.job(corpus)

        def report(done: int, total: int) -> None:
            job.report(ReadState("reading", done=done, total=total))
            if progress is not None:
                progress(done, total)

        with job.working("read"):
            counts = read_corpus(self._context, self._context.corpus(corpus), modalities, report)
            job.report(replace(job.reported(), stage="done"))
        self._context.evict(corpus)
        return counts

    def job(self, corpus: str) -> ReadJob:
        """Return the job of a corpus and the active bundle."""
        opened = self._context.corpus(corpus)
        id_ = job_id(f"{opened.uri}\n{self._context.bundle.name}")
        return ReadJob(self._context.home / FOLDER / id_)
