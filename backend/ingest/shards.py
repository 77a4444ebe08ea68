"""What an import has made so far: numbered parts, each written whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.corpus import schema
from backend.corpus.bulk_commit import Batch
from backend.domain import Affect, Kind, Post, Reaction, User
from backend.ingest.drafts import Notice

_MERGED = 20_000  # posts committed at a time


@dataclass(slots=True, eq=False)
class Shard:
    """What some rows of a source have become."""

    rows: int = 0
    same: int = 0
    lost: int = 0
    posts: list[Post] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    vectors: dict[Kind, tuple[list[str], list[np.ndarray]]] = field(default_factory=dict)
    predictions: dict[str, Affect] = field(default_factory=dict)
    reactions: list[Reaction] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def place(self, id_: str, vectors: dict[Kind, np.ndarray]) -> None:
        """Take the vectors of a post."""
        for kind, vector in vectors.items():
            ids, rows = self.vectors.setdefault(kind, ([], []))
            ids.append(id_)
            rows.append(vector)


class Shards:
    """The parts of one import.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __len__(self) -> int:
        count = 0
        while self._at(count).is_dir():
            count += 1
        return count

    def _at(self, number: int) -> Path:
        return self.folder / f"{number:06d}"

    def write(self, number: int, part: Shard) -> None:
        """Keep a part."""
        draft = self.folder / ".draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        posts = schema.posts_table(part.posts, groups=part.groups, added=None)
        pq.write_table(posts, draft / "posts.parquet")
        tables = [
            schema.vectors_table(kind, ids, np.stack(rows), pa.float16())
            for kind, (ids, rows) in part.vectors.items()
        ]
        if tables:
            pq.write_table(pa.concat_tables(tables), draft / "vectors.parquet")
        pq.write_table(schema.predictions_table(part.predictions), draft / "predictions.parquet")
        rest = {
            "rows": part.rows,
            "same": part.same,
            "lost": part.lost,
            "users": [[u.id, u.name] for u in part.users.values()],
            "fingerprints": part.fingerprints,
            "reactions": [[r.user, r.post, r.kind] for r in part.reactions],
            "notices": [[n.number, n.code, n.message, n.lost] for n in part.notices],
        }
        (draft / "rest.json").write_text(json.dumps(rest), "utf-8")
        draft.rename(self._at(number))

    def _rest(self, number: int) -> dict:
        return json.loads((self._at(number) / "rest.json").read_text("utf-8"))

    def counts(self) -> tuple[int, int, int, int]:
        """Rows, posts, unchanged posts and lost rows of all parts."""
        rows = posts = same = lost = 0
        for number in range(len(self)):
            rest = self._rest(number)
            rows, same, lost = rows + rest["rows"], same + rest["same"], lost + rest["lost"]
            posts += len(rest["fingerprints"])
        return rows, posts, same, lost

    def notices(self) -> Iterator[Notice]:
        """What there was to say of the rows."""
        for number in range(len(self)):
            yield from (Notice(*row) for row in self._rest(number)["notices"])

    def texts(self) -> Iterator[pa.Table]:
        """The texts and tags of the posts, a part at a time."""
        for number in range(len(self)):
            yield pq.read_table(self._at(number) / "posts.parquet", columns=["text", "tags"])

    def media(self) -> Iterator[str]:
        """Names of the media that the posts name."""
        for number in range(len(self)):
            table = pq.read_table(self._at(number) / "posts.parquet", columns=["image", "audio"])
            for column in table.columns:
                yield from filter(None, column.to_pylist())

    def batches(self) -> Iterator[Batch]:
        """All parts as a corpus takes them, many rows at a time."""
        waiting: list[int] = []
        size = 0
        for number in range(len(self)):
            waiting.append(number)
            size += pq.read_metadata(self._at(number) / "posts.parquet").num_rows
            if size >= _MERGED:
                yield self._batch(waiting)
                waiting, size = [], 0
        if waiting:
            yield self._batch(waiting)

    def _batch(self, numbers: list[int]) -> Batch:
        def read(name: str) -> list[pa.Table]:
            files = [self._at(number) / f"{name}.parquet" for number in numbers]
            return [pq.read_table(file) for file in files if file.is_file()]

        rests = [self._rest(number) for number in numbers]
        posts = pa.concat_tables(read("posts"))
        vectors: dict[Kind, tuple[list[str], np.ndarray]] = {}
        if tables := read("vectors"):
            whole = pa.concat_tables(tables)
            for kind in Kind:
                some = whole.filter(pc.equal(whole["kind"], kind.value))
                if len(some):
                    vectors[kind] = (some["id"].to_pylist(), schema.to_matrix(some["vector"]))
        return Batch(
            posts=schema.to_posts(posts),
            users=list({row[0]: User(*row) for rest in rests for row in rest["users"]}.values()),
            fingerprints={k: v for rest in rests for k, v in rest["fingerprints"].items()},
            groups=dict(zip(posts["id"].to_pylist(), posts["group"].to_pylist(), strict=True)),
            vectors=vectors,
            predictions=schema.to_affects(pa.concat_tables(read("predictions"))),
            reactions=[Reaction(*row) for rest in rests for row in rest["reactions"]],
        )
