"""Atomic commits over several Lance tables. Only this module and `tables` use LanceDB.

Lance commits one table at a time; a corpus needs posts, vectors and predictions
to appear at once. So a table of one row, the *head*, names the version of every
other table and is written last. Readers open exactly the versions that the head
names; the next writer rolls back what a killed one left behind.
"""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from backend.corpus import tables
from backend.corpus.remote import is_remote
from backend.domain import KindredError
from backend.settings import settings

if TYPE_CHECKING:
    from lancedb.db import DBConnection
    from lancedb.table import Table

FORMAT = 1
HEAD = "head"
LOCK = ".writing.lock"
LOCK_SECONDS = 60.0
COMPACT_EVERY = 20  # commits; LanceDB's own rule of thumb
INDEX_FROM = 20_000  # rows; below, a scan is as fast as an index on the id

_HEAD_SCHEMA = pa.schema(
    [
        ("format", pa.int32()),
        ("uid", pa.string()),
        ("number", pa.int64()),
        ("name", pa.string()),
        ("origin", pa.string()),
        ("tables", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of a store after a commit.

    Attributes
    ----------
    uid : str
        Random id, drawn when the store is created.
    number : int
        Number of commits.
    name : str
    origin : str or None
        Digest of the shipped files that the store was created from.
    tables : mapping of str to int
        Lance version of each table.
    """

    uid: str
    number: int
    name: str
    origin: str | None
    tables: Mapping[str, int]


class Snapshot:
    """The tables at the versions of one head; later writes are not visible.

    Safe to read from several threads.
    """

    def __init__(self, db: DBConnection, head: Manifest) -> None:
        self.head = head
        self._db = db
        self._lock = threading.Lock()
        self._open: dict[str, Table] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.head.tables

    def _table(self, name: str) -> Table:
        with self._lock, tables.translated_errors(self._db.uri):
            if name not in self._open:
                table = self._db.open_table(name)
                table.checkout(self.head.tables[name])
                self._open[name] = table
            return self._open[name]

    def schema(self, name: str) -> pa.Schema:
        """Columns of a table."""
        return self._table(name).schema

    def count(self, name: str, where: str | None = None) -> int:
        """Rows of a table."""
        with tables.translated_errors(self._db.uri):
            return self._table(name).count_rows(where)

    def read(
        self, name: str, columns: Sequence[str] | None = None, where: str | None = None
    ) -> pa.Table:
        """Rows of a table, in storage order.

        Parameters
        ----------
        name : str
        columns : sequence of str, optional
            Default: all.
        where : str, optional
            Condition in Lance's SQL; build it with `tables.one_of`.
        """
        with tables.translated_errors(self._db.uri):
            return tables.read(self._table(name), columns, where)

    @contextmanager
    def opened(self, name: str) -> Iterator[Table]:
        """Open a table for the functions of `tables`."""
        with tables.translated_errors(self._db.uri):
            yield self._table(name)

    def read_in(
        self,
        name: str,
        column: str,
        values: Sequence[str],
        columns: Sequence[str] | None = None,
        *,
        also: str | None = None,
    ) -> pa.Table:
        """Rows whose `column` is one of `values`, of any number, and that satisfy `also`."""
        with tables.translated_errors(self._db.uri):
            return tables.read_in(self._table(name), column, values, columns, also)


class Transaction:
    """Changes that become visible together, or not at all."""

    def __init__(self, db: DBConnection, head: Manifest) -> None:
        self.head = head
        self._db = db
        self._tables: dict[str, Table] = {}
        for name in set(tables.names(db)) - set(head.tables) - {HEAD}:
            db.drop_table(name)  # a killed writer created it and never committed
        for name, version in head.tables.items():
            table = db.open_table(name)
            if table.version != version:
                table.restore(version)
            self._tables[name] = table

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._tables))

    def schema(self, name: str) -> pa.Schema:
        """Columns of a table."""
        return self._tables[name].schema

    def read(
        self, name: str, columns: Sequence[str] | None = None, where: str | None = None
    ) -> pa.Table:
        """As `Snapshot.read`, with the changes made so far."""
        return tables.read(self._tables[name], columns, where)

    def read_in(
        self, name: str, column: str, values: Sequence[str], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """As `Snapshot.read_in`, with the changes made so far."""
        return tables.read_in(self._tables[name], column, values, columns, None)

    def put(self, name: str, data: pa.Table) -> None:
        """Create or replace a table."""
        self._tables[name] = tables.put(self._db, name, data)

    def append(self, name: str, data: pa.Table) -> None:
        """Add rows; create the table if needed."""
        if name not in self._tables:
            self.put(name, data)
        elif len(data):
            self._tables[name].add(data)

    def delete(self, name: str, where: str) -> None:
        """Remove the rows that satisfy `where`."""
        if name in self._tables:
            self._tables[name].delete(where)

    def delete_in(self, name: str, column: str, values: Sequence[str], also: str = "true") -> None:
        """Remove the rows whose `column` is one of `values`."""
        for chunk in tables.chunks(values):
            self.delete(name, f"{tables.one_of(column, chunk)} AND {also}")

    def index(self, name: str, columns: Sequence[str]) -> None:
        """Index columns of a table with at least `INDEX_FROM` rows."""
        from lancedb.index import BTree

        table = self._tables.get(name)
        if table is None or table.count_rows() < INDEX_FROM:
            return
        indexed = {column for index in table.list_indices() for column in index.columns}
        for column in columns:
            if column not in indexed:
                table.create_index(column, config=BTree())

    def index_vectors(self, name: str) -> None:
        """See `tables.index_vectors`."""
        tables.index_vectors(self._tables[name], "vector", "id")

    def finish(self, *, origin: str | None, name: str) -> Manifest:
        """Compact the tables now and then, and write the head."""
        number = self.head.number + 1
        if number % COMPACT_EVERY == 0:
            for table in self._tables.values():
                table.optimize()
        head = replace(  # read versions last: compaction creates new ones
            self.head,
            number=number,
            name=name,
            origin=origin,
            tables={name: table.version for name, table in sorted(self._tables.items())},
        )
        head_table = _write_head(self._db, head)
        if number % COMPACT_EVERY == 0:
            head_table.optimize()
        return head


class Store:
    """One directory (or object-storage prefix) of tables.

    Parameters
    ----------
    uri : str
    head : Manifest, optional
        Of a new store; that which is stored when not given.

    Notes
    -----
    Any number of processes read while one writes. The writer locks a local
    directory. Object storage has no locks: a lock in the workspace excludes other
    processes of this machine; other machines may only read.
    """

    def __init__(self, uri: str, head: Manifest | None = None) -> None:
        from backend.corpus.lance import lancedb  # takes a second, so import late

        self.uri = uri
        self._db = lancedb.connect(uri)
        self.head = head or self.read_head()

    @classmethod
    def create(cls, uri: str, *, name: str) -> Store:
        """Create an empty store, invisible until its first commit."""
        return cls(uri, Manifest(uuid.uuid4().hex, 0, name, None, {}))

    @classmethod
    def open(cls, uri: str) -> Store:
        """Open an existing store.

        Raises
        ------
        KindredError
            ``no_corpus`` when there is none, ``corpus_version`` when another
            version wrote it.
        """
        if not is_remote(uri) and not (Path(uri) / f"{HEAD}.lance").is_dir():
            raise KindredError("no_corpus", f"There is no corpus at {uri}.")
        return cls(uri)

    def read_head(self) -> Manifest:
        """Return the newest head."""
        with tables.translated_errors(self.uri):
            try:
                table = self._db.open_table(HEAD)
            except (ValueError, FileNotFoundError):  # raised by LanceDB for a missing table
                raise KindredError("no_corpus", f"There is no corpus at {self.uri}.") from None
            row: dict[str, Any] = table.to_arrow().to_pylist()[0]
        if row.get("format") != FORMAT:
            raise KindredError(
                "corpus_version",
                f"The corpus at {self.uri} has format {row.get('format')}, this version of Kindred "
                f"reads {FORMAT}. Move it away and import its posts again.",
            )
        return Manifest(
            row["uid"], row["number"], row["name"], row["origin"], json.loads(row["tables"])
        )

    def snapshot(self) -> Snapshot:
        """Return the tables as they are now."""
        return Snapshot(self._db, self.read_head())

    @contextmanager
    def transaction(
        self, *, origin: str | None = None, name: str | None = None
    ) -> Iterator[Transaction]:
        """Change several tables at once.

        Parameters
        ----------
        origin : str, optional
            New `Manifest.origin`. Default: unchanged.
        name : str, optional
            New `Manifest.name`. Default: unchanged.

        Raises
        ------
        KindredError
            ``corpus_busy`` when another process keeps writing.
        """
        with self._locked(), tables.translated_errors(self.uri):
            if self.head.number:  # 0: a new directory, without earlier commits
                self.head = self.read_head()
            elif is_remote(self.uri) and HEAD in tables.names(self._db):
                raise KindredError(
                    "corpus_exists",
                    f"Another process has just created {self.uri}; open it instead.",
                )
            change = Transaction(self._db, self.head)
            yield change
            self.head = change.finish(
                origin=origin or self.head.origin, name=name or self.head.name
            )

    def _locked(self) -> AbstractContextManager[Any]:
        path = Path(self.uri) / LOCK
        if is_remote(self.uri):
            name = hashlib.sha256(self.uri.rstrip("/").encode()).hexdigest()[:16]
            path = settings().home / "locks" / name
        return lock(path, f"The corpus at {self.uri}")


@contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Hold a lock that the system releases when the process dies.

    Parameters
    ----------
    path : pathlib.Path
    what : str
        Subject of the error message.

    Raises
    ------
    KindredError
        ``corpus_busy`` after `LOCK_SECONDS`.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=LOCK_SECONDS):
            yield
    except Timeout:
        raise KindredError(
            "corpus_busy", f"{what} is being written by another process; try again later."
        ) from None


def _write_head(db: DBConnection, head: Manifest) -> Table:
    row = {
        "format": FORMAT,
        "uid": head.uid,
        "number": head.number,
        "name": head.name,
        "origin": head.origin,
        "tables": json.dumps(head.tables),
    }
    return tables.put(db, HEAD, pa.Table.from_pylist([row], schema=_HEAD_SCHEMA))
