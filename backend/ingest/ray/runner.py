"""Run an import whose posts are encoded by Ray Data.

One process reads, checks and writes; only decoding and encoding run on the cluster.
Posts travel in batches. If a worker dies, Ray repeats its batch on another one, and
the same posts give the same vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from backend.core.files import write_atomically
from backend.core.ray_cluster import Ray, cluster, worker_environment
from backend.domain import KindredError, Modality
from backend.ingest import runner
from backend.ingest.drafts import Draft, Notice
from backend.ingest.encoded_post import EncodedPost
from backend.ingest.existing import ExistingPosts
from backend.ingest.media_loader import GatheredDraft, LoadedDraft, gather
from backend.ingest.ray import messages
from backend.ingest.ray.worker import EncodingWorker
from backend.ingest.readers.file_tree import Tree
from backend.ingest.runner import ImportPipeline, Item, Stopped
from backend.ingest.shards import Shard

BATCH = 64  # posts; what a killed worker costs at most
WINDOW = 4096  # posts in the cluster at a time for each worker
WINDOW_BYTES = 512 * 2**20  # of their media, held by this process until they are sent

PostResults = Generator[tuple[LoadedDraft, EncodedPost | None], None, None]


class RayImportPipeline(ImportPipeline):
    """Runs one import with Ray.

    Parameters
    ----------
    bundle : pathlib.Path
        Directory of the bundle, on every machine of the cluster.
    ray : Ray
        Address and number of workers.
    read : collection of Modality
        Of image and audio: the modalities whose words are read.
    worker : type
        Class that the workers run.
    """

    def __init__(
        self,
        *args: Any,
        bundle: Path,
        ray: Ray,
        read: Collection[Modality] = (),
        worker: type = EncodingWorker,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._bundle, self._ray, self._read, self._worker = bundle, ray, read, worker

    def _encode_shards(
        self, stream: Iterator[Item], tree: Tree, existing: ExistingPosts
    ) -> Generator[Shard, None, None]:
        first = next(stream, None)
        if first is None:  # all posts are encoded already: no cluster is needed
            return
        with cluster(self._ray, worker_environment()) as ray:
            resources = ray.cluster_resources()
            gpus = int(resources.get("GPU", 0))
            workers = self._ray.workers or gpus or max(1, int(resources.get("CPU", 1)))
            remaining = chain([first], stream)
            yield from self._split_into_shards(
                (window.items, self._encode(ray, window, workers, 1 if gpus else 0))
                for window in self._windows(remaining, WINDOW * workers, tree, existing)
            )

    def _windows(
        self, stream: Iterator[Item], size: int, tree: Tree, existing: ExistingPosts
    ) -> Iterator[_Window]:
        while window := _Window(islice(stream, size), tree, self.job.folder, existing, self._stop):
            yield window

    def _split_into_shards(
        self, windows: Iterable[tuple[list[GatheredDraft | Item], PostResults]]
    ) -> Iterator[Shard]:
        """Yield shards of `runner.SHARD_ITEMS` items across windows, and one of the rest."""
        items: list[GatheredDraft | Item] = []
        results: list[tuple[LoadedDraft, EncodedPost | None]] = []
        rows = 0  # not yet reported as progress
        for window_items, done in windows:
            with closing(done):
                for item in window_items:
                    items.append(item)
                    if isinstance(item, GatheredDraft):
                        results.append(next(done))
                    rows += isinstance(item, GatheredDraft | Notice)
                    if rows == runner.CHUNK:
                        self._add_progress(rows)
                        rows = 0
                    if len(items) == runner.SHARD_ITEMS:
                        yield self._shard(items, results)
                        items, results = [], []
                for _ in done:
                    raise KindredError("engine", "Ray returned more posts than it was given.")
        self._add_progress(rows)
        if items:
            yield self._shard(items, results)

    def _shard(
        self,
        items: list[GatheredDraft | Item],
        results: list[tuple[LoadedDraft, EncodedPost | None]],
    ) -> Shard:
        shard = runner.start_shard([item for item in items if not isinstance(item, GatheredDraft)])
        self._add_posts(shard, results)
        return shard

    def _encode(self, ray: Any, window: _Window, workers: int, gpus: int) -> PostResults:
        """Yield the results of the posts of a window, in order."""
        from ray.exceptions import RayError

        if not window.tables:  # the corpus already has all of its posts
            yield from ((messages.unchanged(item), None) for item in window.gathered())
            return
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        posts = ray.data.from_arrow(window.tables).map_batches(
            self._worker,
            fn_constructor_args=(str(self._bundle), sorted(self._read)),
            compute=ray.data.ActorPoolStrategy(size=workers),
            batch_format="pyarrow",
            batch_size=None,  # the whole block: one table sent is one table returned
            num_cpus=1,
            num_gpus=gpus,
        )
        window.tables.clear()
        try:
            with closing(self._rows(posts)) as rows:
                yield from _in_order(rows, window)
        except RayError as error:
            raise KindredError("engine", f"Ray failed: {str(error)[:300]}") from error

    def _rows(self, posts: Any) -> Generator[dict[str, Any], None, None]:
        batches = posts.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1)
        with closing(iter(batches)) as tables:  # ends Ray's work when an import stops half-way
            for table in tables:
                if self._stop():
                    raise Stopped
                yield from self._store_media(table)

    def _store_media(self, table: pa.Table) -> list[dict[str, Any]]:
        """Write the media of a table into the folder of the import; return its other columns."""
        for name in messages.MEDIA:
            files = table.column(f"{name}_file")
            for relative, data in zip(table.column(name), files, strict=True):
                if relative.is_valid:
                    _write(self.job.folder / "media" / relative.as_py(), data.as_buffer())
        return table.drop_columns([f"{name}_file" for name in messages.MEDIA]).to_pylist()


class _Window:
    """Items that are in the cluster at the same time, without the bytes of their media."""

    def __init__(
        self,
        items: Iterator[Item],
        tree: Tree,
        folder: Path,
        existing: ExistingPosts,
        stop: Callable[[], bool],
    ) -> None:
        self.items: list[GatheredDraft | Item] = []
        self.tables: list[pa.Table] = []
        waiting: dict[int, GatheredDraft] = {}
        nbytes = 0
        while nbytes < WINDOW_BYTES and (item := next(items, None)) is not None:
            if stop():
                raise Stopped
            if not isinstance(item, Draft):
                self.items.append(item)
                continue
            gathered = gather(item, tree, folder, existing)
            if not gathered.unchanged:
                nbytes += sum(len(data) for data, _ in gathered.media.values())
                waiting[len(self.items)] = gathered
                if len(waiting) == BATCH:
                    self.tables.append(messages.posts_to_table(waiting))
                    waiting = {}
            self.items.append(messages.without_bytes(gathered))
        if waiting:
            self.tables.append(messages.posts_to_table(waiting))

    def __bool__(self) -> bool:
        return bool(self.items)

    def gathered(self) -> Iterator[GatheredDraft]:
        """Return the posts of the window."""
        return (item for item in self.items if isinstance(item, GatheredDraft))


def _in_order(rows: Iterator[dict[str, Any]], window: _Window) -> PostResults:
    """Yield the results of the posts of a window from the rows that Ray returned."""
    for key, item in enumerate(window.items):
        if not isinstance(item, GatheredDraft):
            continue
        if item.unchanged:
            yield messages.unchanged(item), None
            continue
        row = next(rows)
        if row["key"] != key:
            raise KindredError("engine", "Ray returned the posts in another order.")
        yield messages.result_from_row(row, item)
    for _ in rows:
        raise KindredError("engine", "Ray returned more posts than it was given.")


def _write(path: Path, data: pa.Buffer) -> None:
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, memoryview(data))
