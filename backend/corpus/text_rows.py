"""What a full-text index returns of a post, in a file that is mapped into memory.

Lance finds rows in a few milliseconds, but takes many more to fetch the columns of 200 of them
from where they lie. From mapped Arrow columns they come in less than one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from backend.domain import KindredError

if TYPE_CHECKING:
    from lancedb.table import Table

COLUMNS = ("id", "group", "words")
_NUMBER = "_rowid"
_DAMAGED = (
    "The full-text index of this corpus is damaged: delete the folder indices/full-text in the "
    "corpus, and it is built again."
)
_BLOCK = 64 << 20  # bytes; a hit in each of few blocks costs less than one in each of many


class TextRows:
    """The ids, groups and words of rows, by the number that Lance gives a row.

    Parameters
    ----------
    numbers : numpy.ndarray
        ``(n,)`` uint64, ascending.
    blocks : list of pyarrow.RecordBatch
        `COLUMNS` of these rows, in order.
    """

    def __init__(self, numbers: np.ndarray, blocks: list[pa.RecordBatch]) -> None:
        self._numbers, self._blocks = numbers, blocks
        self._starts = np.cumsum([0, *(len(block) for block in blocks)])

    def __len__(self) -> int:
        return len(self._numbers)

    @classmethod
    def open(cls, path: Path) -> TextRows:
        """Open a file; its pages are read when they are needed."""
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
        blocks = table.select(COLUMNS).to_batches()
        return cls(table[_NUMBER].to_numpy(), blocks)

    def take(self, numbers: np.ndarray) -> pa.Table:
        """Return `COLUMNS` of some rows, in the order of their numbers here.

        Raises
        ------
        KindredError
            ``damaged`` where a row is not in the file.
        """
        if not len(numbers):
            return pa.table({name: pa.array([], pa.string()) for name in COLUMNS})
        places = np.searchsorted(self._numbers, numbers)
        if places.max() >= len(self) or (self._numbers[places] != numbers).any():
            raise KindredError("damaged", _DAMAGED)
        block_of = np.searchsorted(self._starts, places, side="right") - 1
        order = np.argsort(block_of, kind="stable")
        parts = [
            self._blocks[block].take(pa.array(places[block_of == block] - self._starts[block]))
            for block in np.unique(block_of)
        ]
        return pa.Table.from_batches(parts).take(pa.array(np.argsort(order, kind="stable")))


def write(table: Table, path: Path) -> None:
    """Write what an index returns of all rows of its table."""
    found = table.search().select(list(COLUMNS)).with_row_id(True).to_batches()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, found.schema) as file:
        for block in _blocks(found):
            file.write_table(block)


def _blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Join small batches, each of them a part of its own in the file."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= _BLOCK:
            yield pa.Table.from_batches(held).combine_chunks()
            held, size = [], 0
    if held:
        yield pa.Table.from_batches(held).combine_chunks()
