"""An import whose posts are encoded by Ray Data.

Reading, checking and writing stay in the one process that imports; only what
takes the time goes to the cluster. Posts travel in batches, which are what a
worker takes and what is lost with it: Ray starts another worker, gives it the
batch again, and the same posts give the same vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from backend.engines import shipping
from backend.engines.cluster import Ray, cluster, worker_environment
from backend.engines.encoding import Encoding
from backend.ingest import running
from backend.ingest.drafts import Draft, Notice
from backend.ingest.known import Known
from backend.ingest.loading import Gathered, gather
from backend.ingest.parts import Part
from backend.ingest.running import Item, Runner, Stopped
from backend.ingest.tree import Tree
from backend.posts import KindredError

BATCH = 64  # posts; what a killed worker costs at most
WINDOW = 4096  # posts in the cluster at a time for each worker


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

    def _made(self, stream: Iterator[Item], tree: Tree, known: Known) -> Iterator[Part]:
        first = next(stream, None)
        if first is None:  # all was encoded before: no cluster is needed
            return
        with cluster(self._ray, worker_environment()) as ray:
            total = ray.cluster_resources()
            gpus = int(total.get("GPU", 0))
            workers = self._ray.workers or gpus or max(1, int(total.get("CPU", 1)))
            size = -(-WINDOW * workers // running.PART) * running.PART
            rest = chain([first], stream)
            while window := _Window(islice(rest, size), tree, self.job.folder, known):
                yield from self._parts_of(ray, window, workers, 1 if gpus else 0)

    def _parts_of(self, ray: Any, window: _Window, workers: int, gpus: int) -> Iterator[Part]:
        done = self._encode(ray, window, workers, gpus)
        for start in range(0, len(window.items), running.PART):
            items = window.items[start : start + running.PART]
            part = running.begun([item for item in items if not isinstance(item, Gathered)])
            self._progress(sum(isinstance(item, Notice) for item in items))
            left = sum(isinstance(item, Gathered) for item in items)
            while some := list(islice(done, min(left, running.CHUNK))):
                self._take(part, some)
                self._progress(len(some))
                left -= len(some)
            yield part

    def _encode(self, ray: Any, window: _Window, workers: int, gpus: int) -> Iterator[Any]:
        """The window's posts in their order, encoded."""
        from ray.exceptions import RayError

        if not window.tables:  # everything in it is in the corpus already
            yield from ((shipping.kept(item), None) for item in window.gathered())
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
                if not isinstance(item, Gathered):
                    continue
                if item.same:
                    yield shipping.kept(item), None
                    continue
                row = next(rows)
                if row["key"] != key:
                    raise KindredError("engine", "Ray returned the posts in another order.")
                yield shipping.take(row, item)
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
        for name in shipping.MEDIA:
            files = table.column(f"{name}_file")
            for relative, data in zip(table.column(name), files, strict=True):
                if relative.is_valid:
                    _write(self.job.folder / "media" / relative.as_py(), data.as_buffer())
        return table.drop_columns([f"{name}_file" for name in shipping.MEDIA]).to_pylist()


class _Window:
    """The items that are in the cluster together; their media only there."""

    def __init__(self, items: Iterator[Item], tree: Tree, folder: Path, known: Known) -> None:
        self.items: list[Gathered | Item] = []
        self.tables: list[pa.Table] = []
        waiting: dict[int, Gathered] = {}
        for item in items:
            if not isinstance(item, Draft):
                self.items.append(item)
                continue
            gathered = gather(item, tree, folder, known.same)
            if not gathered.same:
                waiting[len(self.items)] = gathered
                if len(waiting) == BATCH:
                    self.tables.append(shipping.send(waiting))
                    waiting = {}
            self.items.append(shipping.light(gathered))
        if waiting:
            self.tables.append(shipping.send(waiting))

    def __bool__(self) -> bool:
        return bool(self.items)

    def gathered(self) -> Iterator[Gathered]:
        """Its posts."""
        return (item for item in self.items if isinstance(item, Gathered))


def _write(path: Path, data: pa.Buffer) -> None:
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(data)
    draft.replace(path)
