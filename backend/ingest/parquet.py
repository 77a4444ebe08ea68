"""Tables as Parquet, media beside them or inside."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backend.ingest import delimited, json_lines
from backend.ingest.rows import Mapped, Options, Row
from backend.ingest.tree import Tree
from backend.media.errors import in_units
from backend.posts import KindredError
from backend.settings import settings

NAME = "parquet"
TITLE = "Table (Parquet)"
ENDINGS = (".parquet", ".pq")
_BATCH = 64
_GROUP_BYTES = 512 * 2**20  # unpacked; a group is decoded at once
_ZIPPED_BYTES = 256 * 2**20  # a table inside an archive is read whole


def matches(tree: Tree) -> str | None:
    """Whether the source is a Parquet table, or holds some."""
    found = tree.names(*ENDINGS)
    return f"{found[0]} is a Parquet table" if found else None


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """The rows of all Parquet files of the source, or of the chosen one."""
    files = [delimited.chosen(tree, options, *ENDINGS)] if options.table else tree.names(*ENDINGS)
    number = 0
    for name in files:
        with tree.open(name) as opened:
            source = opened if opened.seekable() and tree.path.suffix.lower() != ".zip" else None
            data = source or pa.BufferReader(tree.read(name, _ZIPPED_BYTES))
            try:
                for row in _rows(data, name):
                    number += 1
                    yield Row(number, row, file=name)
            # Arrow says what is wrong with a file in any of these.
            except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
                raise KindredError(
                    "damaged",
                    f"{name} cannot be read after row {number:,}: {str(error)[:200]}.",
                ) from error


def _rows(data: Any, name: str) -> Iterator[dict[str, Any]]:
    limits = settings().limits
    table = pq.ParquetFile(data)
    told = table.metadata
    if told.num_rows > limits.rows:
        raise KindredError(
            "too_many_rows", f"{name} has {told.num_rows:,} rows; the limit is {limits.rows:,}."
        )
    if told.num_columns > limits.columns:
        raise KindredError(
            "too_large",
            f"{name} has {told.num_columns:,} columns and the limit is {limits.columns:,}.",
        )
    for i in range(told.num_row_groups):
        size = told.row_group(i).total_byte_size
        if not 0 <= size <= _GROUP_BYTES:
            raise KindredError(
                "too_large",
                f"A row group of {name} unpacks to {in_units(abs(size))} and the limit is "
                f"{in_units(_GROUP_BYTES)}; write it with smaller row groups.",
            )
    for batch in table.iter_batches(batch_size=_BATCH):
        for row in batch.to_pylist():
            yield json_lines.flat(row)


def embedded(cell: Any) -> bytes | None:
    """The bytes in a cell that holds a medium itself, as Hugging Face writes it."""
    if isinstance(cell, dict):
        cell = cell.get("bytes")
    if isinstance(cell, bytes | bytearray):
        return bytes(cell)
    if isinstance(cell, str) and cell.startswith("data:") and ";base64," in cell[:100]:
        try:
            return base64.b64decode(cell.partition(";base64,")[2], validate=True)
        except ValueError:
            return None
    return None


def mapping(columns: list[str], samples: list[Row]) -> Mapped:
    """As `guess`."""
    return delimited.guess(columns, samples)
