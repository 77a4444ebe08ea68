"""Shards of a running import: numbered folders, each written atomically."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.corpus import readings, schema
from backend.corpus.bulk_commit import Batch
from backend.corpus.native import Native
from backend.corpus.readings import PostReadings
from backend.domain import Affect, Kind, Post, Reaction, User
from backend.ingest.drafts import Notice

_BATCH_POSTS = 20_000  # in one batch of the commit


@dataclass(slots=True, eq=False)
class Shard:
    """Encoded posts of some rows of a source.

    `unchanged` counts posts that the corpus already has, `skipped` rows without a post.
    """

    rows: int = 0
    unchanged: int = 0
    skipped: int = 0
    posts: list[Post] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    vectors: dict[Kind | Native, tuple[list[str], list[np.ndarray]]] = field(default_factory=dict)
    predictions: dict[str, Affect] = field(default_factory=dict)
    readings: dict[str, PostReadings] = field(default_factory=dict)
    reactions: list[Reaction] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def add_vectors(
        self, id_: str, vectors: Mapping[Kind, np.ndarray] | Mapping[Kind | Native, np.ndarray]
    ) -> None:
        """Add the vectors of a post."""
        for kind, vector in vectors.items():
            ids, rows = self.vectors.setdefault(kind, ([], []))
            ids.append(id_)
            rows.append(vector)


class Shards:
    """The shards of one import.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __len__(self) -> int:
        count = 0
        while self._path(count).is_dir():
            count += 1
        return count

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}"

    def write(self, number: int, shard: Shard) -> None:
        """Write a shard."""
        temporary = self.folder / ".draft"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        posts = schema.posts_table(shard.posts, groups=shard.groups, added=None)
        pq.write_table(posts, temporary / "posts.parquet")
        tables = [
            schema.vectors_table(kind, ids, np.stack(rows), pa.float16())
            for kind, (ids, rows) in shard.vectors.items()
        ]
        if tables:
            # No two vectors are alike, so that neither a dictionary nor compression helps.
            pq.write_table(
                pa.concat_tables(tables),
                temporary / "vectors.parquet",
                use_dictionary=["kind"],
                compression="none",
            )
        predictions = schema.predictions_table(shard.predictions)
        pq.write_table(predictions, temporary / "predictions.parquet")
        pq.write_table(readings.to_table(shard.readings), temporary / "readings.parquet")
        remainder = {
            "rows": shard.rows,
            "same": shard.unchanged,
            "lost": shard.skipped,
            "users": [[u.id, u.name] for u in shard.users.values()],
            "fingerprints": shard.fingerprints,
            "reactions": [[r.user, r.post, r.kind] for r in shard.reactions],
            "notices": [[n.number, n.code, n.message, n.skips_row] for n in shard.notices],
        }
        (temporary / "rest.json").write_text(json.dumps(remainder), "utf-8")
        temporary.rename(self._path(number))

    def _read_rest(self, number: int) -> dict:
        return json.loads((self._path(number) / "rest.json").read_text("utf-8"))

    def counts(self) -> dict[str, int]:
        """Return ``rows``, and the counts in `ImportState`: ``posts``, ``same`` and ``lost``."""
        counts = dict.fromkeys(("rows", "posts", "same", "lost"), 0)
        for number in range(len(self)):
            rest = self._read_rest(number)
            counts["posts"] += len(rest["fingerprints"])
            for name in ("rows", "same", "lost"):
                counts[name] += rest[name]
        return counts

    def notices(self) -> Iterator[Notice]:
        """Yield the notices of all shards."""
        for number in range(len(self)):
            yield from (Notice(*row) for row in self._read_rest(number)["notices"])

    def texts(self) -> Iterator[pa.Table]:
        """Yield the texts, tags and languages of the posts, a shard at a time."""
        for number in range(len(self)):
            yield pq.read_table(
                self._path(number) / "posts.parquet", columns=["text", "tags", "language"]
            )

    def media(self) -> Iterator[str]:
        """Yield the names of all media of the posts."""
        for number in range(len(self)):
            table = pq.read_table(self._path(number) / "posts.parquet", columns=["image", "audio"])
            for column in table.columns:
                yield from filter(None, column.to_pylist())

    def batches(self) -> Iterator[Batch]:
        """Yield the shards merged into larger batches for the commit."""
        waiting: list[int] = []
        size = 0
        for number in range(len(self)):
            waiting.append(number)
            size += pq.read_metadata(self._path(number) / "posts.parquet").num_rows
            if size >= _BATCH_POSTS:
                yield self._merge(waiting)
                waiting, size = [], 0
        if waiting:
            yield self._merge(waiting)

    def _merge(self, numbers: list[int]) -> Batch:
        def read(name: str) -> list[pa.Table]:
            files = [self._path(number) / f"{name}.parquet" for number in numbers]
            return [pq.read_table(file) for file in files if file.is_file()]

        rests = [self._read_rest(number) for number in numbers]
        posts = pa.concat_tables(read("posts"))
        vectors: dict[Kind | Native, tuple[list[str], np.ndarray]] = {}
        if tables := read("vectors"):
            all_vectors = pa.concat_tables(tables)
            for kind in (*Kind, *Native):
                of_kind = all_vectors.filter(pc.equal(all_vectors["kind"], kind.value))
                if kind is Kind.USER and len(of_kind):  # of many posts of each
                    _, first = np.unique(of_kind["id"].to_numpy(zero_copy_only=False), True)
                    of_kind = of_kind.take(np.sort(first))
                if len(of_kind):
                    vectors[kind] = (of_kind["id"].to_pylist(), schema.to_matrix(of_kind["vector"]))
        return Batch(
            posts=schema.to_posts(posts),
            users=list({row[0]: User(*row) for rest in rests for row in rest["users"]}.values()),
            fingerprints={k: v for rest in rests for k, v in rest["fingerprints"].items()},
            groups=dict(zip(posts["id"].to_pylist(), posts["group"].to_pylist(), strict=True)),
            vectors=vectors,
            predictions=schema.to_affects(pa.concat_tables(read("predictions"))),
            reactions=[Reaction(*row) for rest in rests for row in rest["reactions"]],
            readings=readings.from_table(
                pa.concat_tables([readings.SCHEMA.empty_table(), *read("readings")])
            ),
        )
