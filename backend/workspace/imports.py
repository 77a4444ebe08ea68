"""The part of the facade that brings posts in: look, check, import, pause, cancel."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from backend.core.device import small_products
from backend.core.ray_cluster import Ray
from backend.core.scheduler import BACKGROUND, ask_as
from backend.corpus.remote import corpus_location
from backend.domain import KindredError
from backend.ingest import Job, Options, Report, State, check, open_tree
from backend.ingest.drafts import Notice
from backend.ingest.existing import ExistingPosts
from backend.ingest.job import job_id
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import registry
from backend.ingest.runner import NOTICES, Runner
from backend.settings import settings
from backend.workspace import staging
from backend.workspace.context import WorkspaceContext
from backend.workspace.guards import check_name, check_writable
from backend.workspace.import_models import BundleModels

log = logging.getLogger(__name__)


class Imports:
    """Imports into the corpora of one workspace; shared by pages and command line.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host
        self.home = host.home
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._stops: dict[str, threading.Event] = {}
        self._live: dict[str, State] = {}

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
        staging.clear(self.home / "imports", named)
        return staging.keep(self.home / "imports", files)

    def drop(self, source: Path) -> None:
        """Forget what was uploaded and not imported."""
        if self._own(source):
            shutil.rmtree(self._stage(source), ignore_errors=True)

    def _own(self, source: Path) -> bool:
        return source.is_relative_to(self.home / "imports") and source.relative_to(
            self.home / "imports"
        ).parts[0].startswith(staging.PREFIX)

    def _stage(self, source: Path) -> Path:
        first = source.relative_to(self.home / "imports").parts[0]
        return self.home / "imports" / first

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

    def plan(self, source: Path, corpus: str, report: Report, options: Options) -> Job:
        """Write an import down, as its report has it, without beginning it.

        Returns
        -------
        Job
            The one that was begun before, if the same import was.
        """
        check_writable()
        check_name(corpus, self._host.corpora())
        self._look_at(source)
        options = replace(options, mapping=report.mapping)
        folder = self.home / "imports" / job_id(source, corpus, report.format, options)
        try:
            job = Job.open(folder)
            if job.state().stage != "done":
                return job
            shutil.rmtree(folder)  # the source may have changed since: a new import
        except KindredError:
            pass  # there is none yet
        job = Job(
            folder, source, corpus, report.format, options, report.rows, own=self._own(source)
        )
        job.save()
        return job

    def run(
        self,
        job: Job,
        *,
        tell: Callable[[State], None] | None = None,
        ray: Ray | None = None,
    ) -> State:
        """Work on an import until it is done, paused or failed.

        Parameters
        ----------
        job : Job
        tell : callable, optional
            Called with each new `State`.
        ray : Ray, optional
            Encode on a cluster; in this process when not given.
        """
        stop = self._stops.setdefault(job.id, threading.Event())
        stop.clear()

        def told(state: State) -> None:
            self._live[job.id] = state
            if tell is not None:
                tell(state)

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
            on_progress=told,
        )
        try:
            small_products()
            state = runner.run()
            if state.stage == "done" and job.own:
                self.drop(job.source)  # what was uploaded is in the corpus now
            return state
        finally:
            self._live.pop(job.id, None)
            self._host.forget(job.corpus)

    def start(self, job: Job) -> None:
        """Work on an import in the background."""
        check_writable()
        with self._lock:
            running = self._threads.get(job.id)
            if running is not None and running.is_alive():
                return
            self._live[job.id] = replace(job.state(), stage="encoding", error="")
            thread = threading.Thread(
                target=self._work, args=(job,), daemon=True, name=f"import-{job.id}"
            )
            self._threads[job.id] = thread
            thread.start()

    def _work(self, job: Job) -> None:
        ask_as(BACKGROUND)
        try:
            self.run(job)
        except KindredError as error:
            job.tell(replace(job.state(), stage="failed", error=error.message))
        except Exception:
            # A thread has nobody above it: the log gets the cause, the page a sentence.
            id_ = secrets.token_hex(4)
            log.exception("import %s failed, error %s", job.id, id_)
            said = (
                f"Something went wrong that is not your fault (error {id_}). Resume to try again."
            )
            job.tell(replace(job.state(), stage="failed", error=said))
        finally:
            self._live.pop(job.id, None)

    def pause(self, id: str) -> None:
        """Stop an import after the posts that it is at."""
        if (stop := self._stops.get(id)) is not None:
            stop.set()

    def resume(self, id: str) -> None:
        """Go on with an import."""
        self.start(self.job(id))

    def cancel(self, id: str) -> None:
        """Stop an import and forget all that it made; the corpus stays as it was."""
        job = self.job(id)
        self.pause(id)
        thread = self._threads.pop(id, None)
        if thread is not None:
            thread.join(timeout=60)
        if job.busy():
            raise KindredError(
                "import_busy", "Another process works on this import; stop it there."
            )
        if job.own:
            self.drop(job.source)
        job.forget()

    def job(self, id: str) -> Job:
        """An import by its id.

        Raises
        ------
        KindredError
            ``no_import``.
        """
        if not re.fullmatch(r"[0-9a-f]{16}", id):
            raise KindredError("no_import", "There is no such import.")
        return Job.open(self.home / "imports" / id)

    def jobs(self) -> list[tuple[Job, State]]:
        """All imports that were not dismissed, newest first."""
        found = []
        folder = self.home / "imports"
        for path in folder.iterdir() if folder.is_dir() else ():
            if re.fullmatch(r"[0-9a-f]{16}", path.name):
                try:
                    job = Job.open(path)
                except KindredError:
                    continue  # a damaged one cannot be gone on with, and hides nothing
                live = self._live.get(job.id)
                found.append((job, live or job.state()))
        return sorted(found, key=lambda row: row[0].created, reverse=True)

    def running(self, corpus: str) -> bool:
        """Whether an import into a corpus is at work."""
        return any(
            job.corpus == corpus and state.stage in ("encoding", "finishing")
            for job, state in self.jobs()
        )

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
