"""Importing posts: choose a source, check it, import it, pause, resume or cancel."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

from backend.core.job_runners import JobStore, ThreadRunner
from backend.core.ray_cluster import Ray
from backend.core.scheduler import BACKGROUND
from backend.core.threads import single_thread_blas
from backend.core.visitors import as_visitor
from backend.core.writable import check_writable
from backend.corpus import Corpus, own_vectors
from backend.corpus.encodings import OWN, best_bundle
from backend.corpus.own_vectors import Layout
from backend.corpus.remote import corpus_location
from backend.domain import Kind, KindredError
from backend.ingest import ImportJob, ImportState, Options, Report, check, first_look, open_tree
from backend.ingest.drafts import Notice
from backend.ingest.encoded_post import ImportModels
from backend.ingest.existing import ExistingPosts
from backend.ingest.import_job import import_id
from backend.ingest.own_vectors import OwnVectors, OwnVectorsPipeline
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import registry
from backend.ingest.readers.vector_columns import POST_VECTORS
from backend.ingest.runner import NOTICES, ImportPipeline
from backend.ingest.unforeseen import reading
from backend.recognition import wanted
from backend.settings import settings
from backend.workspace import staging
from backend.workspace.context import WorkspaceContext
from backend.workspace.corpus_names import check_name
from backend.workspace.import_models import BundleModels
from backend.workspace.loaded_models import LoadedModels

PATIENCE = 60.0  # seconds that a thread has to end


class Imports(JobStore[ImportJob, ImportState]):
    """Imports into the corpora of one workspace, shared by the pages and the command line."""

    _runner: ThreadRunner

    def __init__(self, context: WorkspaceContext) -> None:
        super().__init__(ImportJob, context.home / "imports", ThreadRunner())
        self._context = context
        self.home = context.home

    # ---- sources -------------------------------------------------------------

    @property
    def inbox(self) -> Path:
        """The folder on the server that pages may import from."""
        return settings().inbox or self.home / "inbox"

    def inbox_names(self) -> list[str]:
        """Return the names of the folders, archives and tables in the inbox."""
        if not self.inbox.is_dir():
            return []
        names = (p.name for p in self.inbox.iterdir() if not p.is_symlink())
        return sorted(name for name in names if not name.startswith("."))

    def from_inbox(self, name: str) -> Path:
        """Return the path of a source in the inbox.

        Raises
        ------
        KindredError
            ``no_source``.
        """
        if name not in self.inbox_names():
            raise KindredError("no_source", f"There is no {name[:80]!r} in the inbox.")
        return self.inbox / name

    def add_upload(self, files: Sequence[tuple[str, bytes]]) -> Path:
        """Store uploaded files as a source.

        Parameters
        ----------
        files : sequence of (str, bytes)
            Names and contents; names include the folders of an uploaded folder.

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
            raise KindredError("empty", "Choose a file, several files or a folder.")
        # A page that was closed after the check leaves an upload behind.
        in_use = {part for job, _ in self.jobs() for part in job.source.parts}
        staging.clear(self._folder, in_use)
        return staging.keep(self._folder, files)

    def delete_upload(self, source: Path) -> None:
        """Delete a source if it was uploaded."""
        if (upload := self._upload_folder(source)) is not None:
            shutil.rmtree(upload, ignore_errors=True)

    def _upload_folder(self, source: Path) -> Path | None:
        """Return the folder of an uploaded source; None for any other source."""
        if not source.is_relative_to(self._folder):
            return None
        name = source.relative_to(self._folder).parts[0]
        return self._folder / name if name.startswith(staging.PREFIX) else None

    def _touch(self, source: Path) -> None:
        """Keep an upload for another day."""
        if (upload := self._upload_folder(source)) is not None:
            with suppress(FileNotFoundError):  # opening the source will report that
                os.utime(upload)

    # ---- check and import ----------------------------------------------------

    def check(
        self,
        source: Path,
        corpus: str,
        options: Options | None = None,
        *,
        format: str = "",
        progress: Callable[[int], None] | None = None,
        seconds: float | None = None,
    ) -> Report:
        """Return what an import would add, without writing anything; see `ingest.check`.

        With `seconds` of a core, it is that of the first rows of a large source.
        """
        options = options or Options()
        check_name(corpus, self._context.corpora())
        self._touch(source)
        keys, known = self._keys(options), self._known(corpus)
        with reading(source.name), first_look.opened(source, seconds) as tree:
            return check(tree, options, format_=format, keys=keys, known=known, progress=progress)

    def with_mapping(
        self,
        source: Path,
        options: Options,
        changes: Mapping[str, tuple[str, ...]],
        format: str = "",
    ) -> Options:
        """Return options with the detected mapping of columns, changed in some fields.

        Raises
        ------
        KindredError
            ``no_column``, with the existing columns.
        """
        with reading(source.name), closing(open_tree(source)) as tree:
            name = format or registry.detect(tree)[0]
            columns, samples = registry.columns(tree, name, options)
            detected = registry.mapping(tree, name, options, (columns, samples))
        chosen = [column for of in changes.values() for column in of]
        if unknown := [column for column in chosen if column not in columns]:
            raise KindredError(
                "no_column",
                f"There is no column {unknown[0][:60]!r}; there are {', '.join(columns[:30])}.",
            )
        kept = {f: c for f, c in detected.items() if not set(chosen) & set(c)}
        return replace(options, mapping={**kept, **changes})

    def plan(self, source: Path, corpus: str, report: Report, options: Options) -> ImportJob:
        """Save an import without starting it.

        Returns
        -------
        ImportJob
            The unfinished job of the same import if there is one, so that it is resumed.
        """
        check_writable()
        check_name(corpus, self._context.corpora())
        self._touch(source)
        widths = tuple(sorted(report.widths.items()))
        # What a column is may only show in rows that the report did not come to.
        mapping = report.mapping if report.is_whole else options.mapping
        options = replace(options, mapping=mapping, widths=widths)
        self._check_vectors(corpus, options)
        folder = self._folder / import_id(source, corpus, report.format, options)
        try:
            job = ImportJob.open(folder)
            if job.state().stage != "done":
                return job
            shutil.rmtree(folder)  # the source may have changed since
        except KindredError:
            pass  # not planned before
        job = ImportJob(
            folder,
            source,
            corpus,
            report.format,
            options,
            report.rows if report.is_whole else 0,
            own=self._upload_folder(source) is not None,
        )
        job.save()
        return job

    def run(
        self,
        job: ImportJob,
        *,
        report: Callable[[ImportState], None] = lambda state: None,
        ray: Ray | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> ImportState:
        """Work on an import until it is done, paused or failed.

        Parameters
        ----------
        job : ImportJob
        report : callable
            Called with each new `ImportState`.
        ray : Ray, optional
            Encode on a cluster; in this process when not given.
        stop : callable
            Called between steps; true pauses the import.
        """
        read = wanted(job.options.read, job.options.transcribe)
        make: Callable[..., ImportPipeline] = ImportPipeline
        models: ImportModels
        if layout := _layout(job.options):
            make, models = OwnVectorsPipeline, OwnVectors(layout)
        else:
            earlier = self._models_of(job.corpus)
            models = BundleModels(self._context, read, *([earlier] if earlier else []))
        if ray is not None and not layout:
            from backend.ingest.ray.runner import RayImportPipeline

            bundle = self._context.bundle.path
            make = partial(RayImportPipeline, bundle=bundle, ray=ray, read=read)
        runner = make(
            job,
            corpus_location(self.home, job.corpus),
            models,
            known=lambda: self._known(job.corpus),
            keys=self._keys(job.options),
            stop=stop,
            on_progress=report,
        )
        try:
            single_thread_blas()
            state = runner.run()
            if state.stage == "done" and job.own:
                self.delete_upload(job.source)  # its posts are in the corpus now
            return state
        finally:
            self._context.evict(job.corpus)

    def start(self, job: ImportJob) -> None:
        """Work on an import in the background."""
        check_writable()

        def work(stop: Event) -> None:
            with as_visitor(BACKGROUND):
                self.run(job, stop=stop.is_set)

        state = job.state()
        if state.stage != "done":
            state = replace(state, stage="encoding", error="")
        self._runner.start(job, state, work)

    def pause(self, id: str) -> None:
        """Stop an import after the posts that it is encoding."""
        self._runner.request_stop(id)

    def cancel(self, id: str) -> None:
        """Stop an import and delete all of it; the corpus stays as it was.

        Raises
        ------
        KindredError
            ``no_import``; ``import_busy`` when it does not stop in time, or another process
            works on it.
        """
        job = self.job(id)
        self._runner.stop(job, PATIENCE)
        if job.own:
            self.delete_upload(job.source)
        job.delete()

    def running(self, corpus: str) -> bool:
        """Whether an import into a corpus is running."""
        return any(job.corpus == corpus and state.active for job, state in self.jobs())

    def dismiss(self, corpus: str) -> None:
        """Delete the finished imports into a deleted corpus."""
        for job, state in self.jobs():
            if job.corpus == corpus and state.stage == "done":
                job.delete()

    def notices(self, id: str) -> list[Notice]:
        """Return the problems with rows of a finished import; none where it was deleted since."""
        try:
            rows = json.loads((self.job(id).folder / NOTICES).read_text("utf-8"))
        except (OSError, ValueError, KindredError):
            return []
        return [Notice(*row) for row in rows]

    def _check_vectors(self, corpus: str, options: Options) -> None:
        """Refuse posts whose vectors cannot stand beside those of a corpus."""
        if (opened := self._existing(corpus)) is None:
            return
        there, layout = own_vectors.read(opened), _layout(options)
        if there is not None and layout is None and best_bundle(opened, "") == OWN:
            raise KindredError(
                "bad_vectors",
                f"The posts of {corpus} came with vectors ({there.describe()}), and these come "
                "without. Import them into another corpus, or with vectors of the same encoder.",
            )
        if there is not None and layout is not None and there.blocks != layout.blocks:
            raise KindredError(
                "bad_vectors",
                f"The vectors of {corpus} have other widths ({there.describe()}) than these "
                f"({layout.describe()}). Import them into another corpus.",
            )

    def _models_of(self, corpus: str) -> LoadedModels | None:
        """Return the models of an existing corpus that is not encoded with the active bundle."""
        if self._existing(corpus) is None:
            return None
        try:
            models = self._context.models_of(corpus)
        except KindredError as error:
            if error.code != "no_bundle":
                raise
            return None  # its bundle is gone: the active one goes on
        is_other = isinstance(models, LoadedModels) and models is not self._context.models
        return models if isinstance(models, LoadedModels) and is_other else None

    def _known(self, corpus: str) -> ExistingPosts:
        if (opened := self._existing(corpus)) is None:
            return ExistingPosts()
        opened.refresh()
        return ExistingPosts.of(opened)

    def _existing(self, corpus: str) -> Corpus | None:
        """Open the corpus that an import goes into; None where the import will create it."""
        where = corpus_location(self.home, corpus)
        if isinstance(where, Path) and not where.is_dir():
            return None
        try:
            return self._context.corpus(corpus)
        except KindredError as error:
            if error.code == "no_corpus":
                return None
            raise

    def _keys(self, options: Options) -> Pseudonyms | None:
        return Pseudonyms.of(self.home) if options.pseudonymise else None


def _layout(options: Options) -> Layout | None:
    """Return the layout of the vectors that posts bring; None where they bring none."""
    if not any(options.mapping.get(field) for field in POST_VECTORS) or not options.widths:
        return None
    encoders = {Kind(kind): name for kind, name in options.encoders}
    return Layout.of({Kind(kind): width for kind, width in options.widths}, encoders)
