"""Encoding corpora anew in the background of pages.

The work is done by ``python -m backend reindex`` in a separate process; that command reports its
progress here, whoever runs it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from backend.core.jobs import JobFolder, JobState
from backend.core.progress import Progress, Steps, unheard
from backend.core.writable import check_writable
from backend.corpus import own_vectors
from backend.corpus.encodings import OWN, post_counts, unmark
from backend.corpus.own_vectors import Layout
from backend.domain import Kind, KindredError
from backend.workspace.corpus_jobs import CorpusJobs
from backend.workspace.reindex import ReindexCounts, reindex, seconds


@dataclass(frozen=True, slots=True)
class ReindexState(JobState):
    """How far a corpus is encoded.

    Attributes
    ----------
    stage : str
        ``none``, ``encoding``, ``done``, ``stopped`` or ``failed``.
    part : str
        What is encoded: ``posts``, or ``words`` after them.
    done, total : int
    left : float or None
        Seconds, once that is known.
    """

    ACTIVE: ClassVar = ("encoding",)

    stage: str = "none"
    part: str = "posts"
    done: int = 0
    total: int = 0
    left: float | None = None

    def interrupted(self) -> Self:
        """Return this state once no process encodes any more."""
        return replace(self, stage="stopped", left=None)


@dataclass(frozen=True, slots=True)
class ReindexJob(JobFolder[ReindexState]):
    """The encoding of one corpus with one bundle."""

    BUSY: ClassVar = "reindex_busy"

    folder: Path

    def initial(self) -> ReindexState:
        """Return the state before anything is reported."""
        return ReindexState()


class ReindexJobs(CorpusJobs[ReindexState]):
    """Encodes the corpora of one workspace with the active bundle."""

    FOLDER = "reindexing"

    def waiting(self, corpus: str | None = None) -> int:
        """Return how many posts the active bundle has not encoded, of a corpus that uses another.

        0 for a corpus that uses the active bundle, or the vectors that came with its posts.
        """
        used, active = self._context.bundle_of(corpus), self._context.bundle.name
        opened = self._context.corpus(corpus)
        if used in (active, OWN) or not opened.info().posts:
            return 0
        return opened.info().posts - post_counts(opened).get(active, 0)

    def seconds(self, corpus: str | None = None) -> float:
        """Estimate how long encoding the rest takes, by encoding some posts."""
        return seconds(self._context, self._context.corpus(corpus))

    def start(self, corpus: str) -> None:
        """Encode a corpus in a separate process, unless one does already.

        Raises
        ------
        KindredError
            ``read_only``; ``reindex_busy`` while another corpus is encoded; ``not_started``.
        """
        busy = "Another corpus is being encoded; wait until that is done."
        self._start(corpus, ReindexState("encoding"), ["reindex", "--corpus", corpus], busy=busy)

    def run(self, corpus: str | None = None, steps: Steps = unheard) -> ReindexCounts:
        """Encode a corpus in this process and report the progress.

        Raises
        ------
        KindredError
            ``reindex_busy`` when another process encodes it; whatever `reindex` raises.
        """
        check_writable()
        job = self.job(corpus)
        opened = self._context.corpus(corpus)

        def part_of(name: str) -> Progress:
            start, tell = time.monotonic(), steps(name)

            def report(done: int, total: int) -> None:
                left = (time.monotonic() - start) / done * (total - done) if done else None
                job.report(ReindexState("encoding", part=name, done=done, total=total, left=left))
                tell(done, total)

            return report

        with job.working("reindex"):
            counts = reindex(self._context, opened, part_of)
            job.report(replace(job.reported(), stage="done", left=None))
        self._context.evict(corpus or opened.name)
        return counts

    def use_own(self, corpus: str) -> Layout:
        """Show and search a corpus by the vectors that came with its posts again.

        Raises
        ------
        KindredError
            ``no_vectors`` where none did.
        """
        check_writable()
        opened = self._context.corpus(corpus)
        layout = self._layout(corpus)
        unmark(opened, self._context.bundle.name)
        self._context.evict(corpus)
        return layout

    def name_encoders(self, corpus: str, encoders: tuple[tuple[str, str], ...]) -> Layout:
        """Say which encoders made the vectors that came with the posts of a corpus.

        Raises
        ------
        KindredError
            ``no_vectors`` where none did; ``unknown_encoder``, ``no_weights`` as
            `backend.encoders.get`; ``bad_vectors`` where an encoder has another width.
        """
        from backend import encoders as registry

        check_writable()
        layout = self._layout(corpus)
        for kind, name in encoders:
            of = Kind(kind) if Kind(kind) in layout.blocks else Kind.POST
            _, width = layout.blocks.get(of, (0, 0))
            dim = registry.get(name, modality=kind).dim
            if dim != width:
                message = f"{name} makes vectors of {dim} numbers; those of {corpus} have {width}."
                raise KindredError("bad_vectors", message)
        named = {**layout.encoders, **{Kind(kind): name for kind, name in encoders}}
        layout = Layout(layout.blocks, named)
        opened = self._context.corpus(corpus)
        opened.write_side_tables({own_vectors.TABLE: own_vectors.to_table(layout)})
        self._context.evict(corpus)
        return layout

    def _layout(self, corpus: str) -> Layout:
        layout = own_vectors.read(self._context.corpus(corpus))
        if layout is None:
            message = f"No vectors came with the posts of {corpus}."
            raise KindredError("no_vectors", message)
        return layout

    def job(self, corpus: str | None) -> ReindexJob:
        """Return the job of a corpus and the active bundle."""
        return ReindexJob(self._folder(corpus, self._context.bundle.name))
