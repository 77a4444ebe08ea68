"""The part of the facade that brings posts in: look, check, import, pause, cancel."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from backend.core.device import single_thread_blas
from backend.core.job_runners import JobStore, ThreadRunner
from backend.core.ray_cluster import Ray
from backend.core.scheduler import BACKGROUND, as_visitor
from backend.corpus.remote import corpus_location
from backend.domain import KindredError
from backend.ingest import ImportJob, ImportState, Options, Report, check, open_tree
from backend.ingest.drafts import Notice
from backend.ingest.existing import ExistingPosts
from backend.ingest.job import import_id
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import registry
from backend.ingest.runner import NOTICES, Runner
from backend.settings import settings
from backend.workspace import staging
from backend.workspace.context import WorkspaceContext
from backend.workspace.guards import check_name, check_writable
from backend.workspace.import_models import BundleModels

PATIENCE = 60.0  # seconds that a thread has to end


class Imports(JobStore[ImportJob, ImportState]):
    """Imports into the corpora of one workspace; shared by pages and command line.

    Parameters
    ----------
    host : WorkspaceContext
    """

    _runner: ThreadRunner

    def __init__(self, host: WorkspaceContext) -> None:
        super().__init__(ImportJob, host.home / "imports", ThreadRunner())
        self._host = host
        self.home = host.home

    # ---- where posts come from -----------------------------------------------

    @property
    def inbox(self) -> Path:
        """The folder on the server that pages may import from."""
        return settings().inbox or self.home / "inbox"

    def offered(self) -> list[str]:
        """What lies in the inbox: folders, archives and tables."""
        if not self.inbox.is_dir():
            return []
        found = (p.name for p in self.inbox.iterdir() if not p.is_symlink())
        return sorted(name for name in found if not name.startswith("."))

    def from_inbox(self, name: str) -> Path:
        """One of what is offered.

        Raises
        ------
        KindredError
            ``no_source``.
        """
        if name not in self.offered():
            raise KindredError("no_source", f"There is no {name[:80]!r} in the inbox.")
        return self.inbox / name

    def bring(self, files: Sequence[tuple[str, bytes]]) -> Path:
        """Keep uploaded files as a source of their own.

        Parameters
        ----------
        files : sequence of (str, bytes)
            Names, with the folders in them where a whole folder was given.

        Returns
        -------
        pathlib.Path
            The file, or the folder of several.

        Raises
        ------
        KindredError
            ``empty``, ``read_only``, ``not_stored``.
        """
        check_writable()
        if not files:
            raise KindredError("empty", "Bring a file, several files or a folder.")
        # Who closes the page after the check leaves an upload behind.
        named = {part for job, _ in self.jobs() for part in job.source.parts}
        staging.clear(self._folder, named)
        return staging.keep(self._folder, files)

    def drop(self, source: Path) -> None:
        """Forget what was uploaded and not imported."""
        if self._own(source):
            shutil.rmtree(self._stage(source), ignore_errors=True)

    def _own(self, source: Path) -> bool:
        return source.is_relative_to(self._folder) and source.relative_to(self._folder).parts[
            0
        ].startswith(staging.PREFIX)

    def _stage(self, source: Path) -> Path:
        first = source.relative_to(self._folder).parts[0]
        return self._folder / first

    def _look_at(self, source: Path) -> None:
        """Keep an upload for another day."""
        if self._own(source):
            with suppress(FileNotFoundError):  # then it is said when the source is opened
                os.utime(self._stage(source))

    # ---- check and import ----------------------------------------------------

    def check(
        self,
        source: Path,
        corpus: str,
        options: Options | None = None,
        *,
        format: str = "",
        progress: Callable[[int], None] | None = None,
    ) -> Report:
        """What an import would bring; nothing is written. See `ingest.check`."""
        options = options or Options()
        check_name(corpus, self._host.corpora())
        self._look_at(source)
        tree = open_tree(source)
        try:
            return check(
                tree,
                options,
                format_=format,
                keys=self._keys(options),
                known=self._known(corpus),
                progress=progress,
            )
        finally:
            tree.close()

    def mapped(
        self,
        source: Path,
        options: Options,
        changes: Mapping[str, tuple[str, ...]],
        format: str = "",
    ) -> Options:
        """Options with the guessed mapping, changed in some fields.

        Raises
        ------
        KindredError
            ``no_column`` with the columns that there are.
        """
        tree = open_tree(source)
        try:
            name = format or registry.detect(tree)[0]
            columns = registry.columns(tree, name, options)[0]
            guessed = registry.mapping(tree, name, options)
        finally:
            tree.close()
        for wanted in changes.values():
            if unknown := [c for c in wanted if c not in columns]:
                raise KindredError(
                    "no_column",
                    f"There is no column {unknown[0][:60]!r}; there are {', '.join(columns[:30])}.",
                )
        taken = {column for wanted in changes.values() for column in wanted}
        kept = {f: c for f, c in guessed.items() if not taken & set(c)}
        return replace(options, mapping={**kept, **changes})

    def plan(self, source: Path, corpus: str, report: Report, options: Options) -> ImportJob:
        """Write an import down, as its report has it, without beginning it.

        Returns
        -------
        ImportJob
            The one that was begun before, if the same import was.
        """
        check_writable()
        check_name(corpus, self._host.corpora())
        self._look_at(source)
        options = replace(options, mapping=report.mapping)
        folder = self._folder / import_id(source, corpus, report.format, options)
        try:
            job = ImportJob.open(folder)
            if job.state().stage != "done":
                return job
            shutil.rmtree(folder)  # the source may have changed since: a new import
        except KindredError:
            pass  # there is none yet
        job = ImportJob(
            folder, source, corpus, report.format, options, report.rows, own=self._own(source)
        )
        job.save()
        return job

    def run(
        self,
        job: ImportJob,
        *,
        report: Callable[[ImportState], None] = lambda state: None,
        ray: Ray | None = None,
    ) -> ImportState:
        """Work on an import until it is done, paused or failed.

        Parameters
        ----------
        job : ImportJob
        report : callable
            Called with each new `ImportState`.
        ray : Ray, optional
            Encode on a cluster; in this process when not given.
        """
        stop = self._runner.stopping(job.id)
        stop.clear()
        make: Callable[..., Runner] = Runner
        if ray is not None:
            from backend.ingest.ray.runner import RayRunner

            make = partial(RayRunner, bundle=self._host.bundle.path, ray=ray)
        runner = make(
            job,
            corpus_location(self.home, job.corpus),
            BundleModels(self._host),
            known=lambda: self._known(job.corpus),
            keys=self._keys(job.options),
            stop=stop.is_set,
            on_progress=report,
        )
        try:
            single_thread_blas()
            state = runner.run()
            if state.stage == "done" and job.own:
                self.drop(job.source)  # what was uploaded is in the corpus now
            return state
        finally:
            self._host.forget(job.corpus)

    def start(self, job: ImportJob) -> None:
        """Work on an import in the background."""
        check_writable()

        def work() -> None:
            with as_visitor(BACKGROUND):
                self.run(job)

        state = job.state()
        if state.stage != "done":
            state = replace(state, stage="encoding", error="")
        self._runner.start(job, state, work)

    def pause(self, id: str) -> None:
        """Stop an import after the posts that it is encoding."""
        self._runner.stopping(id).set()

    def cancel(self, id: str) -> None:
        """Stop an import and delete all of it; the corpus stays as it was.

        Raises
        ------
        KindredError
            ``no_import``; ``import_busy`` when another process works on it.
        """
        job = self.job(id)
        self._runner.stop(job, PATIENCE)
        if job.own:
            self.drop(job.source)
        job.forget()

    def running(self, corpus: str) -> bool:
        """Whether an import into a corpus is at work."""
        return any(job.corpus == corpus and state.active for job, state in self.jobs())

    def dismiss(self, corpus: str) -> None:
        """Forget the finished imports into a corpus that is gone."""
        for job, state in self.jobs():
            if job.corpus == corpus and state.stage == "done":
                job.forget()

    def notices(self, id: str) -> list[Notice]:
        """What there was to say of the rows of a finished import."""
        try:
            rows = json.loads((self.job(id).folder / NOTICES).read_text("utf-8"))
        except (OSError, ValueError):
            return []
        return [Notice(*row) for row in rows]

    def _known(self, corpus: str) -> ExistingPosts:
        where = corpus_location(self.home, corpus)
        if isinstance(where, Path) and not where.is_dir():
            return ExistingPosts()
        try:
            opened = self._host.corpus(corpus)
        except KindredError as error:
            if error.code == "no_corpus":
                return ExistingPosts()
            raise
        opened.refresh()
        return ExistingPosts.of(opened)

    def _keys(self, options: Options) -> Pseudonyms | None:
        return Pseudonyms.of(self.home) if options.pseudonymise else None
