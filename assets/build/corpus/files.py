"""Write tables, JSON and checksums the same way each time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.build.fetch import sha256

CHECKSUMS = "checksums.json"


def table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as one Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.Table.from_pylist(rows, schema=schema), path, compression="zstd", compression_level=9
    )


def write_json(path: Path, value: Any) -> None:
    """Write readable JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")


@contextmanager
def staged(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Build the named parts of a folder beside it, then swap them in.

    A build that dies leaves the old files as they were; what others keep in
    the folder (vectors, seed texts) is not touched. Checksums are written last.
    """
    names = tuple(names)
    stage = folder.with_name(folder.name + ".part")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    yield stage
    checksums(stage, names)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*names, CHECKSUMS):
        old = folder / name
        if old.is_dir():
            shutil.rmtree(old)
        (stage / name).replace(old)
    stage.rmdir()


def checksums(folder: Path, names: Iterable[str]) -> None:
    """Record the SHA-256 of every file under the named parts of a folder."""
    files: list[Path] = []
    for name in names:
        path = folder / name
        files += [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    sums = {p.relative_to(folder).as_posix(): sha256(p) for p in files}
    write_json(folder / CHECKSUMS, dict(sorted(sums.items())))
