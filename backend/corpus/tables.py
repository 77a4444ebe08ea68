"""Read, create and index single Lance tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from backend.core.files import disk_refusal
from backend.domain import KindredError

if TYPE_CHECKING:
    from lancedb.db import DBConnection
    from lancedb.table import Table

_IN_CLAUSE = 2_000  # values; beyond that the parser costs more than the scan

_BATCH = 16_384  # rows at a time; each costs a switch between threads
_PROBES = 64  # inverted lists searched by a query
_REFINE_FACTOR = 10  # times as many candidates are compared with full vectors


def quoted(value: str) -> str:
    """Quote a string for Lance's SQL."""
    return "'" + value.replace("'", "''") + "'"


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the condition that `column` is one of `values`."""
    literals = ", ".join(quoted(value) for value in values)
    return f"`{column}` IN ({literals})" if literals else "false"


def chunks(values: Sequence[str], size: int = _IN_CLAUSE) -> Iterator[Sequence[str]]:
    """Split `values` into chunks that fit into one condition."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@contextmanager
def translated_errors(uri: str) -> Iterator[None]:
    """Turn LanceDB's errors for a damaged store or a full disk into a `KindredError`."""
    try:
        yield
    except BaseException as error:
        message = str(error).split(", /")[0]  # the rest is a location in its source code
        is_usual = isinstance(error, RuntimeError | ValueError | OSError)
        is_of_lance = is_usual and message.startswith(("lance error", "Table '"))
        # A panic in LanceDB is no `Exception`, and its class cannot be imported.
        if not is_of_lance and "Panic" not in type(error).__name__:
            raise
        if refused := disk_refusal(error):
            raise KindredError(
                "not_stored", f"Nothing was written to the corpus at {uri}: {refused}"
            ) from error
        raise KindredError(
            "damaged",
            f"The corpus at {uri} cannot be read or written: {message}. If its files are damaged, "
            "move it away: the shipped posts are restored automatically; import others again.",
        ) from error


def read(table: Table, columns: Sequence[str] | None, where: str | None) -> pa.Table:
    """Read some columns (None: all) of the rows that satisfy `where`, in storage order."""
    query = table.search()
    if where is not None:
        query = query.where(where)
    query = query.select(list(columns or table.schema.names))
    return query.to_batches(batch_size=_BATCH).read_all()


def stream(table: Table, columns: Sequence[str], where: str) -> Iterator[pa.RecordBatch]:
    """As `read`, some rows at a time."""
    query = table.search().where(where).select(list(columns))
    yield from query.to_batches(batch_size=_BATCH)


def nearest(
    table: Table, vector: np.ndarray, k: int, columns: Sequence[str], where: str
) -> pa.Table:
    """Return the rows nearest to a vector by cosine, with ``_distance``; use an index if any."""
    query: Any = table.search(vector, vector_column_name="vector")
    query = query.distance_type("cosine").where(where, prefilter=True)
    query = query.nprobes(_PROBES).refine_factor(_REFINE_FACTOR).limit(k)
    return query.select([*columns, "_distance"]).to_arrow()


def indexed(table: Table, columns: Sequence[str]) -> bool:
    """Whether each of some columns has an index."""
    return set(columns) <= {name for index in table.list_indices() for name in index.columns}


def index_vectors(table: Table, column: str, key: str) -> None:
    """Index a column of vectors and the key column, unless they are indexed."""
    from lancedb.index import BTree, IvfPq

    if not indexed(table, [key]):
        table.create_index(key, config=BTree())
    if not indexed(table, [column]):
        dim = table.schema.field(column).type.list_size
        parts = next(n for n in (8, 4, 2, 1) if dim % n == 0)
        config = IvfPq(distance_type="cosine", num_sub_vectors=dim // parts)
        table.create_index(column, config=config)


def sample_rows(table: Table, rows: int, columns: Sequence[str]) -> pa.Table:
    """Return rows evenly spread over the table."""
    size = table.count_rows()
    offsets = np.unique(np.linspace(0, size - 1, min(rows, size)).astype(np.int64))
    return table.take_offsets(offsets.tolist()).select(list(columns)).to_arrow()


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
    """Create or replace a table."""
    # Lance warns when it overwrites a table that does not exist.
    return db.create_table(name, data, mode="overwrite" if name in names(db) else "create")
