"""Reading and creating single Lance tables, and the SQL that goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from backend.domain import KindredError

if TYPE_CHECKING:
    from lancedb.db import DBConnection
    from lancedb.table import Table

_IN_CLAUSE = 2_000  # values; beyond that the parser costs more than the scan

_STREAMED = 16_384  # rows at a time
_PROBES = 64  # inverted lists looked into
_REFINED = 10  # so many times the hits are compared in full


def quoted(value: str) -> str:
    """A string literal in Lance's SQL."""
    return "'" + value.replace("'", "''") + "'"


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that `column` is one of `values`."""
    listed = ", ".join(quoted(value) for value in values)
    return f"`{column}` IN ({listed})" if listed else "false"


def chunks(values: Sequence[str], size: int = _IN_CLAUSE) -> Iterator[Sequence[str]]:
    """`values` in runs that fit into one condition."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@contextmanager
def told(uri: str) -> Iterator[None]:
    """Turn what LanceDB says of a broken store, or a full disk, into a `KindredError`."""
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        said = str(error).split(", /")[0]  # the rest is a place in its source code
        if not said.startswith(("lance error", "Table '")):
            raise
        raise KindredError(
            "damaged",
            f"The corpus at {uri} cannot be read or written: {said}. If its files are damaged, "
            "move it away: the shipped posts come back by themselves, others by importing them.",
        ) from error


def read(table: Table, columns: Sequence[str] | None, where: str | None) -> pa.Table:
    """Some columns (all when None) of the rows that satisfy `where`, in storage order."""
    query = table.search()
    if where is not None:
        query = query.where(where)
    return query.select(list(columns or table.schema.names)).to_arrow()


def stream(table: Table, columns: Sequence[str], where: str) -> Iterator[pa.RecordBatch]:
    """As `read`, some rows at a time."""
    query = table.search().where(where).select(list(columns))
    yield from query.to_batches(batch_size=_STREAMED)


def nearest(
    table: Table, vector: np.ndarray, k: int, columns: Sequence[str], where: str
) -> pa.Table:
    """The rows nearest to a vector by cosine, with ``_distance``; by the index, if there is one."""
    query: Any = table.search(vector, vector_column_name="vector")
    query = query.distance_type("cosine").where(where, prefilter=True)
    query = query.nprobes(_PROBES).refine_factor(_REFINED).limit(k)
    return query.select([*columns, "_distance"]).to_arrow()


def indexed(table: Table, columns: Sequence[str]) -> bool:
    """Whether there is an index of each of some columns."""
    return set(columns) <= {name for index in table.list_indices() for name in index.columns}


def index_vectors(table: Table, column: str, key: str) -> None:
    """Index a column of vectors, and the key they are read by, where that is not done."""
    from lancedb.index import BTree, IvfPq

    if not indexed(table, [key]):
        table.create_index(key, config=BTree())
    if not indexed(table, [column]):
        dim = table.schema.field(column).type.list_size
        parts = next(n for n in (8, 4, 2, 1) if dim % n == 0)
        config = IvfPq(distance_type="cosine", num_sub_vectors=dim // parts)
        table.create_index(column, config=config)


def drawn(table: Table, rows: int, columns: Sequence[str]) -> pa.Table:
    """Some rows, evenly spread over the table."""
    size = table.count_rows()
    places = np.unique(np.linspace(0, size - 1, min(rows, size)).astype(np.int64))
    return table.take_offsets(places.tolist()).select(list(columns)).to_arrow()


def read_in(
    table: Table,
    column: str,
    values: Sequence[str],
    columns: Sequence[str] | None,
    also: str | None,
) -> pa.Table:
    """As `read`, for rows whose `column` is one of `values` and that satisfy `also`."""
    conditions = [one_of(column, part) for part in chunks(values)] or ["false"]
    return pa.concat_tables(
        [read(table, columns, f"{c} AND {also}" if also else c) for c in conditions]
    )


def names(db: DBConnection) -> list[str]:
    """Names of all tables, committed or not."""
    return list(db.list_tables(limit=100_000).tables)


def put(db: DBConnection, name: str, data: pa.Table) -> Table:
    """Create a table, or replace all it holds."""
    # Lance warns when it is told to overwrite what is not there.
    return db.create_table(name, data, mode="overwrite" if name in names(db) else "create")
