"""Read Parquet tables, with media in them or beside them.

A dictionary-encoded value is stored once however often it occurs, so a small file
can expand enormously. Only as many rows are read at a time as fit into memory even
if each had the longest value of each column.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.domain import KindredError
from backend.ingest.readers import class_names, json_lines, tables
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.parquet_metadata import CHECKER
from backend.ingest.readers.parquet_values import value_sizes
from backend.ingest.readers.vector_columns import VECTORS
from backend.media.errors import in_units
from backend.settings import settings

NAME = "parquet"
TITLE = "Table (Parquet)"
ENDINGS = (".parquet", ".pq")
_BATCH = 64  # rows read at a time, fewer where they may be large
_RUN_GROUPS = 64  # row groups read with one call, which takes as long as ten rows
_BATCH_BYTES = 16 * 2**20
_GROUP_BYTES = 512 * 2**20  # uncompressed size of a row group
_ARCHIVED_BYTES = 256 * 2**20  # limit of a table in an archive, which is read whole
_BOMB_BYTES = 64 * 2**20  # smaller row groups may grow by any factor
_LARGE_ROW = 2**16  # bytes of a row above which the batch size hardly matters for speed
_COUNT_ROWS = 2**12  # rows read at a time to count list items
_LARGE_VALUE = 2**12  # mean bytes of a column's values, each counted once
_SMALL_COLUMN = 2**12  # bytes of a column below which its longest value is not looked up
_ITEM_BYTES = 40  # of a number in a list, as a Python object
# Times the size of the file that its lists may take if each item were the longest.
_LIST_GROWTH = 1_000
# Encodings that store a value as often as it occurs.
_PLAIN_ENCODINGS = {"PLAIN", "RLE", "BIT_PACKED", "DELTA_LENGTH_BYTE_ARRAY"}
# What Arrow raises for damaged files.
_ARROW_ERRORS = (pa.ArrowException, OSError, ValueError, TypeError, OverflowError)


def matches(tree: Tree) -> str | None:
    """Return why the source is a Parquet table, or holds some."""
    files = tree.names(*ENDINGS)
    return f"{files[0]} is a Parquet table" if files else None


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield the rows of all Parquet files of the source, or of the one in the options."""
    yield from scan(tree, options)


def scan(tree: Tree, options: Options, columns: Collection[str] | None = None) -> Iterator[Row]:
    """Yield the rows with some of their columns only, which takes less time."""
    files = tables.chosen(tree, options, ENDINGS, lambda name: _schema(tree, name).names)
    vectors = frozenset(c for field in VECTORS for c in options.mapping.get(field, ()))
    number = 0
    for name in files:
        rows = _numbered(tree, name, columns, number, vectors)
        for row in tables.marked(rows, name, files):
            number = row.number
            yield row


@contextmanager
def _opened(tree: Tree, name: str) -> Iterator[Any]:
    with tree.open(name) as opened:
        source = opened if opened.seekable() and tree.path.suffix.lower() != ".zip" else None
        yield source or pa.BufferReader(tree.read(name, _ARCHIVED_BYTES))


def _schema(tree: Tree, name: str) -> pa.Schema:
    try:
        with _opened(tree, name) as data:
            return pq.read_schema(data)
    except _ARROW_ERRORS as error:
        raise KindredError("damaged", f"{name} cannot be read: {str(error)[:200]}.") from error


def _numbered(
    tree: Tree,
    name: str,
    columns: Collection[str] | None,
    number: int,
    vectors: Collection[str],
) -> Iterator[Row]:
    with _opened(tree, name) as data:
        try:
            for cells, problem in _rows(data, name, tree.sizes[name], columns, vectors):
                number += 1
                yield Row(number, cells, problem, file=name)
        except _ARROW_ERRORS as error:
            raise KindredError(
                "damaged", f"{name} cannot be read after row {number:,}: {str(error)[:200]}."
            ) from error


def _rows(
    data: Any, name: str, size: int, columns: Collection[str] | None, vectors: Collection[str]
) -> Iterator[tuple[dict[str, Any], KindredError | None]]:
    limits = settings().limits
    CHECKER.check(name, data)
    metadata = pq.read_metadata(data)
    if metadata.num_rows > limits.rows:
        raise KindredError(
            "too_many_rows", f"{name} has {metadata.num_rows:,} rows; the limit is {limits.rows:,}."
        )
    if metadata.num_columns > limits.columns:
        raise KindredError(
            "too_large",
            f"{name} has {metadata.num_columns:,} columns and the limit is {limits.columns:,}.",
        )
    groups = _RowGroups(name, data, metadata, size)
    table = pq.ParquetFile(data, metadata=metadata, read_dictionary=_large_values(metadata))
    # Arrow shares these values in memory; Python objects do not.
    kinds = [str(field.type) for field in table.schema_arrow]
    shared = any("dictionary<" in kind or "_view" in kind for kind in kinds)
    # A row that cannot be read still has its columns.
    empty_cells = json_lines.flatten(
        {field.name: _empty(field.type) for field in table.schema_arrow}
    )
    names = class_names.of_schema(table.schema_arrow)
    wanted = None if columns is None else _top_level(columns, table.schema_arrow.names)
    for groups_, batch_size in groups.runs():
        for batch in table.iter_batches(batch_size, row_groups=groups_, columns=wanted):
            for row in _batch_rows(batch, shared, vectors):
                if isinstance(row, KindredError):
                    yield empty_cells, row
                else:
                    for column in names.keys() & row.keys():
                        row[column] = class_names.named(row[column], names[column])
                    yield json_lines.flatten(row), None


def _large_values(metadata: pq.FileMetaData) -> list[str]:
    """Return the columns of values so large that a copy for each row takes long.

    Only those that are not nested: Arrow cannot read the dictionaries of others in all files.
    """
    found = []
    for i in range(metadata.num_columns):
        column = metadata.schema.column(i)
        if column.path != column.name or column.max_repetition_level:
            continue
        chunks = (metadata.row_group(group).column(i) for group in range(metadata.num_row_groups))
        if any(
            chunk.physical_type == "BYTE_ARRAY"
            and chunk.has_dictionary_page
            and chunk.total_uncompressed_size > _LARGE_VALUE * chunk.num_values
            for chunk in chunks
        ):
            found.append(column.path)
    return found


def _top_level(columns: Collection[str], existing: list[str]) -> list[str]:
    """Return the columns of a table that flattened ones come from."""
    return [
        name for name in existing if any(c == name or c.startswith(f"{name}.") for c in columns)
    ]


def _empty(type_: pa.DataType) -> Any:
    if not pa.types.is_struct(type_):
        return None
    return {field.name: _empty(field.type) for field in type_}


class _RowGroups:
    """Sizes of the row groups of a file, estimated before they are read."""

    def __init__(self, name: str, data: Any, metadata: pq.FileMetaData, size: int) -> None:
        self._name, self._data, self._metadata, self._size = name, data, metadata, size
        self._dictionary_file: pq.ParquetFile | None = None
        for i in range(metadata.num_row_groups):
            unpacked = metadata.row_group(i).total_byte_size
            if not 0 <= unpacked <= _GROUP_BYTES:
                raise KindredError(
                    "too_large",
                    f"A row group of {name} unpacks to {in_units(abs(unpacked))} and the limit is "
                    f"{in_units(_GROUP_BYTES)}; write it with smaller row groups.",
                )

    def runs(self) -> Iterator[tuple[list[int], int]]:
        """Yield runs of consecutive row groups, with how many rows of them fit into memory."""
        run: list[int] = []
        batch_size = 0
        for group in range(self._metadata.num_row_groups):
            size = self._batch_size(group)
            if run and (size != batch_size or len(run) == _RUN_GROUPS):
                yield run, batch_size
                run = []
            run, batch_size = [*run, group], size
        if run:
            yield run, batch_size

    def _batch_size(self, group: int) -> int:
        """Return how many rows of a group fit into memory, however long their values are."""
        metadata, schema = self._metadata.row_group(group), self._metadata.schema
        columns = [(metadata.column(i), schema.column(i)) for i in range(metadata.num_columns)]
        longest = [_longest_bound(chunk, column) for chunk, column in columns]
        fits = _row_bound(metadata, longest) * _BATCH <= _BATCH_BYTES
        limit = max(_BOMB_BYTES, _LIST_GROWTH * self._size)  # of lists: one row may have all items
        list_bytes = 0
        for i, (chunk, column) in enumerate(columns):
            is_list = column.max_repetition_level > 0
            list_bytes += chunk.num_values * _ITEM_BYTES * is_list
            # Values stored as differences from the one before: their lengths are unknown.
            if column.physical_type == "BYTE_ARRAY" and "DELTA_BYTE_ARRAY" not in chunk.encodings:
                if is_list:
                    longest[i] = self._longest_item(group, column.path, chunk, longest[i], limit)
                # Where rows are large anyway, small batches are as fast.
                elif not fits and _SMALL_COLUMN < longest[i] < _LARGE_ROW * metadata.num_rows:
                    longest[i] = self._longest(group, column.path, longest[i])
            elif is_list and column.physical_type == "FIXED_LEN_BYTE_ARRAY":
                list_bytes += chunk.num_values * longest[i]
        bomb = max(_BOMB_BYTES, settings().limits.archive_ratio * self._size)
        if metadata.total_byte_size > bomb or list_bytes > limit:
            raise self._bomb()
        return int(min(max(_BATCH_BYTES / max(_row_bound(metadata, longest), 1.0), 1), _BATCH))

    def _bomb(self) -> KindredError:
        return KindredError(
            "too_large",
            f"A row group of {self._name} may take far more memory than the file has bytes "
            "(a bomb?); write it with smaller row groups.",
        )

    def _longest_item(self, group: int, path: str, chunk: Any, longest: float, limit: int) -> float:
        """Return an upper bound of the bytes of an item in a column of lists.

        Raises
        ------
        KindredError
            ``too_large`` where all items may take too many bytes.
        """
        if longest * chunk.num_values > limit:
            longest = self._longest(group, path, longest)
        if longest * chunk.num_values <= limit:
            return longest
        # One long item among many short ones is harmless: add up the bytes of each row.
        row = 0
        try:
            for values in self._dictionary_batches(group, path, _COUNT_ROWS):
                row = max(row, int(value_sizes(values).max(initial=0)))
        except _ARROW_ERRORS:
            raise self._bomb() from None
        if row > _BOMB_BYTES:
            raise self._bomb()
        return row * self._metadata.row_group(group).num_rows / chunk.num_values

    def _longest(self, group: int, path: str, bound: float) -> float:
        """Return the bytes of the longest value in the dictionary of a column."""
        try:
            for values in self._dictionary_batches(group, path, 1):
                while not pa.types.is_dictionary(values.type):
                    values = values.field(0) if pa.types.is_struct(values.type) else values.values
                if len(values.dictionary):  # an empty dictionary: no values yet
                    return pc.max(pc.binary_length(values.dictionary)).as_py()
        except (*_ARROW_ERRORS, AttributeError):
            return bound
        return 0

    def _dictionary_batches(self, group: int, path: str, rows: int) -> Iterator[pa.Array]:
        """Yield a column in dictionary encoding, `rows` rows at a time.

        Arrow does not support it for lists with dictionary and plain values in one batch.
        """
        if self._dictionary_file is None:
            self._dictionary_file = pq.ParquetFile(
                self._data,
                metadata=self._metadata,
                read_dictionary=[column.path for column in self._metadata.schema],
                buffer_size=2**16,  # often only the start of a column is needed
            )
        for batch in self._dictionary_file.iter_batches(rows, row_groups=[group], columns=[path]):
            yield batch.column(0)


def _longest_bound(chunk: Any, column: Any) -> float:
    """Return a bound of the longest value of a column that may repeat values; else 0."""
    if column.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return column.length
    if column.physical_type != "BYTE_ARRAY":
        return 0
    repeats = chunk.has_dictionary_page or not set(chunk.encodings) <= _PLAIN_ENCODINGS
    return chunk.total_uncompressed_size if repeats else 0


def _row_bound(group: Any, longest: list[float]) -> float:
    """Return the mean bytes of a row if each value were the longest of its column."""
    repeated = sum(m * group.column(i).num_values for i, m in enumerate(longest) if m)
    return (group.total_byte_size + repeated) / max(1, group.num_rows)


def _batch_rows(
    batch: pa.RecordBatch, shared: bool, vectors: Collection[str]
) -> Iterator[dict[str, Any] | KindredError]:
    """Yield the rows of a batch; an error for one that is too large or cannot be read."""
    limits = settings().limits
    sizes = None
    if shared or batch.nbytes > limits.line_bytes:
        sizes = sum(map(value_sizes, batch.columns), np.zeros((len(batch), 2), np.int64))
    if sizes is None or sizes.max() <= limits.line_bytes >= sizes.sum() / 4:
        try:
            rows = _to_rows(batch, vectors)
        except (*_ARROW_ERRORS, RecursionError):
            pass  # read the rows one by one below
        else:
            yield from rows
            return
    for i in range(len(batch)):
        text, media = map(int, sizes[i]) if sizes is not None else (0, 0)
        if text > limits.line_bytes:
            limit = in_units(limits.line_bytes)
            message = f"The text of this row has {in_units(text)} and the limit is {limit}."
            yield KindredError("too_large", message)
        elif media > 2 * limits.file_bytes:
            limit = in_units(2 * limits.file_bytes)
            message = f"The media of this row have {in_units(media)} and the limit is {limit}."
            yield KindredError("too_large", message)
        else:
            try:
                cells = [column[i].as_py() for column in batch.columns]
                yield dict(zip(batch.schema.names, cells, strict=True))
            except (*_ARROW_ERRORS, RecursionError):
                yield KindredError("bad_row", "This row has a value that cannot be read.")


def _to_rows(batch: pa.RecordBatch, vectors: Collection[str]) -> list[dict[str, Any]]:
    """Return the rows of a batch, with vectors as arrays: lists take ten times as long."""
    names = batch.schema.names
    found = {name: _matrix(batch.column(name)) for name in names if name in vectors}
    matrices = {name: matrix for name, matrix in found.items() if matrix is not None}
    if not matrices or len(set(names)) < len(names):
        return batch.to_pylist()
    columns: list[Any] = [
        matrices[name] if name in matrices else column.to_pylist()
        for name, column in zip(names, batch.columns, strict=True)
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _matrix(column: pa.Array) -> np.ndarray | None:
    """Return a column of lists of floats as ``(rows, width)``; None for any other column."""
    type_ = column.type
    if not pa.types.is_fixed_size_list(type_) and not pa.types.is_list(type_):
        return None
    if not pa.types.is_floating(type_.value_type) or column.null_count or not len(column):
        return None
    values, width = column.flatten(), len(column[0])
    lengths = pc.list_value_length(column)
    if not width or values.null_count or not pc.all(pc.equal(lengths, width)).as_py():
        return None
    return np.asarray(values.to_numpy(zero_copy_only=False).reshape(len(column), width))


def embedded(cell: Any) -> bytes | None:
    """Return the bytes of media embedded in a cell (Hugging Face or data URL); else None."""
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


mapping = guess
