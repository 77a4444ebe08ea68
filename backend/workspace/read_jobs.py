"""Reading the images and sounds of a corpus in the background of pages.

The work is done by ``python -m backend read`` in a separate process, as making maps is; that
command reports its progress here, whoever runs it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from backend.core.jobs import JobFolder, JobState
from backend.core.progress import Progress
from backend.domain import Modality
from backend.recognition import estimate, missing, wanted
from backend.workspace.corpus_jobs import CorpusJobs
from backend.workspace.read_corpus import ReadCounts, read_corpus


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


class ReadJobs(CorpusJobs[ReadState]):
    """Reads the corpora of one workspace."""

    FOLDER = "reading"

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
        busy = "Another corpus is being read; wait until that is done."
        self._start(corpus, ReadState("reading"), ["read", corpus], busy=busy)

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

    def job(self, corpus: str | None) -> ReadJob:
        """Return the job of a corpus and the active bundle."""
        return ReadJob(self._folder(corpus, self._context.bundle.name))
