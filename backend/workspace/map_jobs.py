"""Building the maps and word spaces of a corpus, in the background of pages.

The work is done by ``python -m backend map`` in a separate process, for it takes memory
and minutes; that command reports its progress here, whoever runs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from backend.core.jobs import JobFolder, JobState
from backend.core.progress import Progress
from backend.domain import KindredError
from backend.workspace.corpus_jobs import CorpusJobs

REPORT_EVERY = 0.2  # seconds, at least, between two reports

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MapState(JobState):
    """How far the maps are.

    Attributes
    ----------
    stage : str
        ``none``, ``making``, ``done``, ``stopped`` or ``failed``.
    error : str
        Why it failed, or which maps the corpus has too few posts or users for.
    part : str
        The map being built: ``user``, ``post``, ``words`` or ``families``.
    share : float
        Done of all, in [0, 1].
    """

    ACTIVE: ClassVar = ("making",)

    stage: str = "none"
    part: str = ""
    share: float = 0.0

    def interrupted(self) -> Self:
        """Return this state once no process makes the maps any more."""
        return replace(self, stage="stopped")


@dataclass(frozen=True, slots=True)
class MapJob(JobFolder[MapState]):
    """Building the maps of one corpus with one bundle.

    Attributes
    ----------
    folder : pathlib.Path
    """

    BUSY: ClassVar = "map_busy"

    folder: Path

    def initial(self) -> MapState:
        """Return the state before anything is reported."""
        return MapState()


class MapJobs(CorpusJobs[MapState]):
    """Makes the maps of the corpora of one workspace, of one corpus at a time."""

    FOLDER = "maps"

    def start(self, corpus: str | None = None, only: str | None = None) -> None:
        """Build the maps of a corpus, or only one part, in a separate process.

        Nothing is started while one does so already.

        Raises
        ------
        KindredError
            ``read_only``; ``map_busy`` while the maps of another corpus are built;
            ``not_started``.
        """
        option = ["--corpus", corpus] if corpus else []
        option += ["--only", only] if only else []
        busy = "The maps of another corpus are being built; wait until they are done."
        self._start(corpus, MapState("making"), ["map", *option], busy=busy)

    def run(
        self, corpus: str | None, parts: Sequence[str], make: Callable[[str, Progress], T]
    ) -> dict[str, T | KindredError]:
        """Build maps in this process and report the progress.

        Parameters
        ----------
        corpus : str or None
        parts : sequence of str
            Those to build of ``user``, ``post``, ``words`` and ``families``, in their order.
        make : callable
            Builds a part; gets the part and what to call with the steps done and all steps.

        Returns
        -------
        dict
            The result of `make` for each part, or why the corpus has too little for it.

        Raises
        ------
        KindredError
            ``map_busy`` when another process builds them, ``too_few`` when no part
            can be built; whatever `make` raises.
        """
        job = self.job(corpus)
        results: dict[str, T | KindredError] = {}
        with job.working("map"):
            for number, part in enumerate(parts):
                try:
                    results[part] = make(part, _reporter(job, part, number, len(parts)))
                except KindredError as error:
                    if error.code != "too_few":
                        raise
                    results[part] = error  # the other parts can be built all the same
            failed = [r for r in results.values() if isinstance(r, KindredError)]
            if len(failed) == len(parts):
                raise failed[0]
            reasons = " ".join(error.message for error in failed)
            job.report(MapState("done", share=1.0, error=reasons))
        return results

    def job(self, corpus: str | None) -> MapJob:
        """Return the job of a corpus and the bundle that it is used with."""
        return MapJob(self._folder(corpus, self._context.bundle_of(corpus)))


def _reporter(job: MapJob, part: str, number: int, parts: int) -> Progress:
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if done < total and time.monotonic() - last < REPORT_EVERY:
            return
        last = time.monotonic()
        share = (number + done / max(total, 1)) / parts
        job.report(MapState("making", part=part, share=share))

    report(0, 1)
    return report
