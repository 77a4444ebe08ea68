"""An import whose posts are encoded by Ray Data.

Reading, checking and writing stay in the one process that imports; only what
takes the time goes to the cluster. Posts travel in batches, which are what a
worker takes and what is lost with it: Ray starts another worker, gives it the
batch again, and the same posts give the same vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from backend.core.ray_cluster import Ray, cluster, worker_environment
from backend.domain import KindredError
from backend.ingest import runner
from backend.ingest.drafts import Draft, Notice
from backend.ingest.existing import ExistingPosts
from backend.ingest.media_loader import Loaded, MediaBatch, gather
from backend.ingest.ray import messages
from backend.ingest.ray.worker import Encoding
from backend.ingest.readers.file_tree import Tree
from backend.ingest.runner import EncodedPost, Item, Runner, Stopped
from backend.ingest.shards import Shard

BATCH = 64  # posts; what a killed worker costs at most
WINDOW = 4096  # posts in the cluster at a time for each worker
WINDOW_BYTES = 512 * 2**20  # of their media, which this process holds until they are sent

Done = Generator[tuple[Loaded, EncodedPost | None], None, None]  # what became of posts


class RayRunner(Runner):
    """Works on one import with Ray.

    Parameters
    ----------
    bundle : pathlib.Path
        Its directory, on every machine of the cluster.
    ray : Ray
        Where.
    worker : type
        What they run.
    """

    def __init__(
        self,
        *given: Any,
        bundle: Path,
        ray: Ray,
        worker: type = Encoding,
        **named: Any,
    ) -> None:
        super().__init__(*given, **named)
        self._bundle, self._ray, self._worker = bundle, ray, worker

    def _made(self, stream: Iterator[Item], tree: Tree, known: ExistingPosts) -> Iterator[Shard]:
        first = next(stream, None)
        if first is None:  # all was encoded before: no cluster is needed
            return
        with cluster(self._ray, worker_environment()) as ray:
            total = ray.cluster_resources()
            gpus = int(total.get("GPU", 0))
            workers = self._ray.workers or gpus or max(1, int(total.get("CPU", 1)))
            rest = chain([first], stream)
            yield from self._parts_of(
                (window.items, self._encode(ray, window, workers, 1 if gpus else 0))
                for window in self._windows(rest, WINDOW * workers, tree, known)
            )

    def _windows(
        self, rest: Iterator[Item], size: int, tree: Tree, known: ExistingPosts
    ) -> Iterator[_Window]:
        while window := _Window(islice(rest, size), tree, self.job.folder, known, self._stop):
            yield window

    def _parts_of(self, windows: Iterable[tuple[list[MediaBatch | Item], Done]]) -> Iterator[Shard]:
        """Parts of `running.PART` items, wherever windows end, and one of the rest."""
        items: list[MediaBatch | Item] = []
        made: list[tuple[Loaded, EncodedPost | None]] = []
        rows = 0  # that nobody was told of
        for some, done in windows:
            for item in some:
                items.append(item)
                if isinstance(item, MediaBatch):
                    made.append(next(done))
                rows += isinstance(item, MediaBatch | Notice)
                if rows == runner.CHUNK:
                    self._progress(rows)
                    rows = 0
                if len(items) == runner.PART:
                    yield self._part(items, made)
                    items, made = [], []
            for _ in done:  # to its end, so that nothing of it asks Ray when that is gone
                raise KindredError("engine", "Ray returned more posts than it was given.")
        self._progress(rows)
        if items:
            yield self._part(items, made)

    def _part(
        self, items: list[MediaBatch | Item], made: list[tuple[Loaded, EncodedPost | None]]
    ) -> Shard:
        part = runner.begun([item for item in items if not isinstance(item, MediaBatch)])
        self._take(part, made)
        return part

    def _encode(self, ray: Any, window: _Window, workers: int, gpus: int) -> Done:
        """The window's posts in their order, encoded."""
        from ray.exceptions import RayError

        if not window.tables:  # everything in it is in the corpus already
            yield from ((messages.kept(item), None) for item in window.gathered())
            return
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        posts = ray.data.from_arrow(window.tables).map_batches(
            self._worker,
            fn_constructor_args=(str(self._bundle),),
            compute=ray.data.ActorPoolStrategy(size=workers),
            batch_format="pyarrow",
            batch_size=None,  # the whole block: one table sent is one table returned
            num_cpus=1,
            num_gpus=gpus,
        )
        window.tables.clear()
        rows = self._rows(posts)
        try:
            for key, item in enumerate(window.items):
                if not isinstance(item, MediaBatch):
                    continue
                if item.same:
                    yield messages.kept(item), None
                    continue
                row = next(rows)
                if row["key"] != key:
                    raise KindredError("engine", "Ray returned the posts in another order.")
                yield messages.take(row, item)
            for _ in rows:
                raise KindredError("engine", "Ray returned more posts than it was given.")
        except RayError as error:
            raise KindredError("engine", f"Ray failed: {str(error)[:300]}") from error

    def _rows(self, posts: Any) -> Iterator[dict[str, Any]]:
        for table in posts.iter_batches(
            batch_size=None, batch_format="pyarrow", prefetch_batches=1
        ):
            if self._stop():
                raise Stopped
            yield from self._stored(table)

    def _stored(self, table: pa.Table) -> list[dict[str, Any]]:
        """Write the media of a table where an import keeps them; the rest of its rows."""
        for name in messages.MEDIA:
            files = table.column(f"{name}_file")
            for relative, data in zip(table.column(name), files, strict=True):
                if relative.is_valid:
                    _write(self.job.folder / "media" / relative.as_py(), data.as_buffer())
        return table.drop_columns([f"{name}_file" for name in messages.MEDIA]).to_pylist()


class _Window:
    """The items that are in the cluster together; their media only there."""

    def __init__(
        self,
        items: Iterator[Item],
        tree: Tree,
        folder: Path,
        known: ExistingPosts,
        stop: Callable[[], bool],
    ) -> None:
        self.items: list[MediaBatch | Item] = []
        self.tables: list[pa.Table] = []
        waiting: dict[int, MediaBatch] = {}
        weight = 0
        while weight < WINDOW_BYTES and (item := next(items, None)) is not None:
            if stop():
                raise Stopped
            if not isinstance(item, Draft):
                self.items.append(item)
                continue
            gathered = gather(item, tree, folder, known)
            if not gathered.same:
                weight += sum(len(data) for data, _ in gathered.found.values())
                waiting[len(self.items)] = gathered
                if len(waiting) == BATCH:
                    self.tables.append(messages.send(waiting))
                    waiting = {}
            self.items.append(messages.light(gathered))
        if waiting:
            self.tables.append(messages.send(waiting))

    def __bool__(self) -> bool:
        return bool(self.items)

    def gathered(self) -> Iterator[MediaBatch]:
        """Its posts."""
        return (item for item in self.items if isinstance(item, MediaBatch))


def _write(path: Path, data: pa.Buffer) -> None:
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(data)
    draft.replace(path)
