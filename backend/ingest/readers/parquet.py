"""Tables as Parquet, media beside them or inside.

In a file, a value that comes often is there once: a small file can hold far more
than it seems to. So only as many rows are read at a time as fit into memory even
if each held the longest value that there is.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.domain import KindredError
from backend.ingest.readers import delimited, json_lines
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.media.errors import in_units
from backend.settings import settings

NAME = "parquet"
TITLE = "Table (Parquet)"
ENDINGS = (".parquet", ".pq")
_BATCH = 64  # rows at a time, unless they may be large
_RUN = 64  # groups that are begun with one call, which takes as long as reading ten rows
_BATCH_BYTES = 16 * 2**20
_GROUP_BYTES = 512 * 2**20  # unpacked, each value once
_ZIPPED_BYTES = 256 * 2**20  # a table inside an archive is read whole
_BOMB_BYTES = 64 * 2**20  # below, how much a group grows does not matter
_LARGE = 2**16  # bytes of a row, beyond which it does not matter how few are read at a time
_COUNTED = 2**12  # rows whose list items are counted at a time
_SMALL = 2**12  # bytes of a column, below which its longest value is not looked for
_ITEM_BYTES = 40  # of a number in a list, in Python
_LISTS = 1_000  # times the file that all lists may become if each item were the longest
# Encodings in which a file has each value as often as it comes.
_OFTEN = {"PLAIN", "RLE", "BIT_PACKED", "DELTA_LENGTH_BYTE_ARRAY"}
_TEXTS = (pa.string(), pa.large_string(), pa.string_view())
_BYTES = (pa.binary(), pa.large_binary(), pa.binary_view())
# Arrow says what is wrong with a file in any of these.
_BAD = (pa.ArrowException, OSError, ValueError, TypeError, OverflowError)


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
                for cells, problem in _rows(data, name, tree.sizes[name]):
                    number += 1
                    yield Row(number, cells, problem, file=name)
            except _BAD as error:
                raise KindredError(
                    "damaged",
                    f"{name} cannot be read after row {number:,}: {str(error)[:200]}.",
                ) from error


def _rows(data: Any, name: str, size: int) -> Iterator[tuple[dict[str, Any], KindredError | None]]:
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
    groups = _Groups(name, data, told, size)
    # Values that are shared in memory, too, take more as Python's own.
    kinds = [str(field.type) for field in table.schema_arrow]
    shared = any("dictionary<" in kind or "_view" in kind for kind in kinds)
    # A row that is not read has columns all the same.
    blank = json_lines.flat({field.name: _blank(field.type) for field in table.schema_arrow})
    for some, at_once in groups.runs():
        for batch in table.iter_batches(at_once, row_groups=some):
            for row in _unpacked(batch, shared):
                if isinstance(row, KindredError):
                    yield blank, row
                else:
                    yield json_lines.flat(row), None


def _blank(kind: pa.DataType) -> Any:
    return {field.name: _blank(field.type) for field in kind} if pa.types.is_struct(kind) else None


class _Groups:
    """How much there is in the row groups of a file, before they are read."""

    def __init__(self, name: str, data: Any, told: pq.FileMetaData, size: int) -> None:
        self._name, self._data, self._told, self._size = name, data, told, size
        self._shared: pq.ParquetFile | None = None
        for i in range(told.num_row_groups):
            unpacked = told.row_group(i).total_byte_size
            if not 0 <= unpacked <= _GROUP_BYTES:
                raise KindredError(
                    "too_large",
                    f"A row group of {name} unpacks to {in_units(abs(unpacked))} and the limit is "
                    f"{in_units(_GROUP_BYTES)}; write it with smaller row groups.",
                )

    def runs(self) -> Iterator[tuple[list[int], int]]:
        """Groups that follow each other, with how many of their rows fit into memory."""
        run: list[int] = []
        most = 0
        for group in range(self._told.num_row_groups):
            rows = self._rows_at_once(group)
            if run and (rows != most or len(run) == _RUN):
                yield run, most
                run = []
            run, most = [*run, group], rows
        if run:
            yield run, most

    def _rows_at_once(self, group: int) -> int:
        """How many rows of a group fit into memory, however long their values are."""
        told, schema = self._told.row_group(group), self._told.schema
        columns = [(told.column(i), schema.column(i)) for i in range(told.num_columns)]
        most = [_at_most(chunk, kind) for chunk, kind in columns]
        fits = _mean(told, most) * _BATCH <= _BATCH_BYTES
        allowed = max(_BOMB_BYTES, _LISTS * self._size)  # of lists, as one row may have all items
        numbers = 0
        for i, (chunk, kind) in enumerate(columns):
            listed = kind.max_repetition_level > 0
            numbers += chunk.num_values * _ITEM_BYTES * listed
            # Of values that are written as what differs from the one before, nothing is known.
            if kind.physical_type == "BYTE_ARRAY" and "DELTA_BYTE_ARRAY" not in chunk.encodings:
                if listed:
                    most[i] = self._longest_item(group, kind.path, chunk, most[i], allowed)
                # Where rows are large anyway, a few at a time are as fast.
                elif not fits and _SMALL < most[i] < _LARGE * told.num_rows:
                    most[i] = self._longest(group, kind.path, most[i])
            elif listed and kind.physical_type == "FIXED_LEN_BYTE_ARRAY":
                numbers += chunk.num_values * most[i]
        bomb = max(_BOMB_BYTES, settings().limits.archive_ratio * self._size)
        if told.total_byte_size > bomb or numbers > allowed:
            raise self._bomb()
        return int(min(max(_BATCH_BYTES / max(_mean(told, most), 1.0), 1), _BATCH))

    def _bomb(self) -> KindredError:
        return KindredError(
            "too_large",
            f"A row group of {self._name} may become far larger in memory than the file is "
            "(a bomb?); write it with smaller row groups.",
        )

    def _longest_item(self, group: int, path: str, chunk: Any, most: float, allowed: int) -> float:
        """Bytes to reckon with for an item of a column of lists.

        Raises
        ------
        KindredError
            ``too_large`` when there may be far too many.
        """
        if most * chunk.num_values > allowed:
            most = self._longest(group, path, most)
        if most * chunk.num_values <= allowed:
            return most
        # One long item among many short ones is no harm: count what each row has.
        row = 0
        try:
            for values in self._by_places(group, path, _COUNTED):
                row = max(row, int(_sizes(values).max(initial=0)))
        except _BAD:
            raise self._bomb() from None
        if row > _BOMB_BYTES:
            raise self._bomb()
        return row * self._told.row_group(group).num_rows / chunk.num_values

    def _longest(self, group: int, path: str, most: float) -> float:
        """Bytes of the longest value that a column has for use wherever it comes."""
        try:
            for values in self._by_places(group, path, 1):
                while not pa.types.is_dictionary(values.type):
                    values = values.field(0) if pa.types.is_struct(values.type) else values.values
                if len(values.dictionary):  # else there are no values yet
                    return pc.max(pc.binary_length(values.dictionary)).as_py()
        except (*_BAD, AttributeError):
            return most
        return 0

    def _by_places(self, group: int, path: str, rows: int) -> Iterator[pa.Array]:
        """A column as its different values and where each comes, so many rows at a time.

        Arrow has not implemented it where, in lists, these and other values are in one batch.
        """
        if self._shared is None:
            self._shared = pq.ParquetFile(
                self._data,
                metadata=self._told,
                read_dictionary=[column.path for column in self._told.schema],
                buffer_size=2**16,  # the start of a column may be enough
            )
        for batch in self._shared.iter_batches(rows, row_groups=[group], columns=[path]):
            yield batch.column(0)


def _at_most(chunk: Any, kind: Any) -> float:
    """Bytes of the longest value of a column, where it may come more often than it is written."""
    if kind.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return kind.length
    if kind.physical_type != "BYTE_ARRAY":
        return 0
    shares = chunk.has_dictionary_page or not set(chunk.encodings) <= _OFTEN
    return chunk.total_uncompressed_size if shares else 0


def _mean(told: Any, most: list[float]) -> float:
    """Bytes of a row of a group if each value were the longest of its column."""
    repeated = sum(m * told.column(i).num_values for i, m in enumerate(most) if m)
    return (told.total_byte_size + repeated) / max(1, told.num_rows)


def _unpacked(batch: pa.RecordBatch, shared: bool) -> Iterator[dict[str, Any] | KindredError]:
    """The rows of a batch; a problem for one that is too large or cannot be read."""
    limits = settings().limits
    sizes = None
    if shared or batch.nbytes > limits.line_bytes:
        sizes = sum(map(_sizes, batch.columns), np.zeros((len(batch), 2), np.int64))
    if sizes is None or sizes.max() <= limits.line_bytes >= sizes.sum() / 4:
        try:
            rows = batch.to_pylist()
        except (*_BAD, RecursionError):
            pass  # one of them: below they are read each by itself
        else:
            yield from rows
            return
    for i in range(len(batch)):
        text, media = map(int, sizes[i]) if sizes is not None else (0, 0)
        if text > limits.line_bytes:
            limit = in_units(limits.line_bytes)
            said = f"Its text has {in_units(text)} and the limit is {limit}."
            yield KindredError("too_large", said)
        elif media > 2 * limits.file_bytes:
            limit = in_units(2 * limits.file_bytes)
            said = f"Its images and sounds have {in_units(media)} and the limit is {limit}."
            yield KindredError("too_large", said)
        else:
            try:
                cells = [column[i].as_py() for column in batch.columns]
                yield dict(zip(batch.schema.names, cells, strict=True))
            except (*_BAD, RecursionError):
                yield KindredError("bad_row", "It has a value that cannot be read.")


def _sizes(array: pa.Array) -> np.ndarray:
    """Bytes of text and of other data in each value as Python's own, ``(n, 2)``."""
    kind, made = array.type, np.zeros((len(array), 2), np.int64)
    if isinstance(array, pa.ExtensionArray):
        return _sizes(array.storage)
    if pa.types.is_dictionary(kind):
        own = np.concatenate([_sizes(array.dictionary), np.zeros((1, 2), np.int64)])
        return own[array.indices.cast(pa.int64()).fill_null(len(own) - 1).to_numpy()]
    if pa.types.is_struct(kind):
        return sum((_sizes(array.field(i)) for i in range(kind.num_fields)), made)
    if pa.types.is_nested(kind):  # a list of some kind
        if pa.types.is_map(kind):
            offsets = array.offsets.to_numpy()
            lengths, items = np.diff(offsets), array.values[offsets[0] : offsets[-1]]
        elif pa.types.is_primitive(kind.value_type):
            return made  # numbers, as many as are read at a time in any case
        else:
            lengths, items = pc.list_value_length(array).fill_null(0).to_numpy(), array.flatten()
        ends = np.cumsum(lengths, dtype=np.int64)
        sums = np.concatenate([np.zeros((1, 2), np.int64), np.cumsum(_sizes(items), axis=0)])
        return sums[ends] - sums[ends - lengths]
    if kind in _TEXTS or kind in _BYTES or pa.types.is_fixed_size_binary(kind):
        if kind in (pa.string_view(), pa.binary_view()):
            array = array.cast(pa.large_binary())
        made[:, 0 if kind in _TEXTS else 1] = pc.binary_length(array).fill_null(0).to_numpy()
    return made


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
