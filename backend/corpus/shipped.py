"""The shipped corpus: Parquet and media files, verified by checksum.

The shipped files are never changed. Their tables are copied into a corpus of the
workspace; their media are read in place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.corpus import schema
from backend.corpus.readings import SCHEMA
from backend.corpus.side_tables import SIDE_TABLE_PREFIXES
from backend.domain import KindredError

CHECKSUMS = "checksums.json"
MEDIA = "media"
READINGS = "readings.parquet"
REACTIONS = "reactions.parquet"
NATIVE = "native"
FOLDERS = ("vectors", NATIVE, "predictions", "kept")
_READERS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Shipped:
    """The tables of a shipped corpus, in the schemas of a corpus.

    Attributes
    ----------
    posts, users : pyarrow.Table
    vectors, predictions : mapping of str to pyarrow.Table
        By bundle.
    side_tables : mapping of str to pyarrow.Table
        Maps and word spaces, by the name of the table.
    readings : pyarrow.Table or None
        What was read in images and sounds.
    reactions : pyarrow.Table or None
    """

    posts: pa.Table
    users: pa.Table
    vectors: Mapping[str, pa.Table]
    predictions: Mapping[str, pa.Table]
    side_tables: Mapping[str, pa.Table] = field(default_factory=dict)
    readings: pa.Table | None = None
    reactions: pa.Table | None = None


def digest(assets: Path) -> str:
    """Return a digest of the shipped tables; raise ``no_shipped_corpus`` if there are none."""
    hash_ = hashlib.sha256()
    for file in _tables(assets):
        hash_.update(f"{file.relative_to(assets)} {_sha256(file)}\n".encode())
    return hash_.hexdigest()


def verify(assets: Path) -> None:
    """Compare every shipped file with its checksum.

    Raises
    ------
    KindredError
        ``damaged``, naming the first file that is missing or changed, or
        ``no_shipped_corpus``.
    """
    _tables(assets)
    checksums = _checksums(assets)

    def first_damaged(names: Sequence[str]) -> str | None:
        for name in names:
            file = assets / name
            if not file.is_file() or _sha256(file) != checksums[name]:
                return name
        return None

    names = sorted(checksums)
    parts = [names[start::_READERS] for start in range(_READERS)]
    with ThreadPoolExecutor(_READERS) as pool:  # hashing releases the GIL
        damaged = list(filter(None, pool.map(first_damaged, parts)))
    if damaged:
        raise KindredError(
            "damaged",
            f"The shipped file {min(damaged)} in {assets} is missing or damaged. "
            "Restore it with `git checkout assets`.",
        )


def read(assets: Path) -> Shipped:
    """Read the shipped tables.

    Raises
    ------
    KindredError
        ``damaged`` when a table cannot be read or has other columns.
    """
    posts = schema.conform(_parquet(assets / "posts.parquet"), schema.POSTS, what="posts.parquet")
    groups = pc.coalesce(posts["group"], posts["id"])
    posts = posts.set_column(posts.column_names.index("group"), "group", groups)
    users = schema.conform(_parquet(assets / "users.parquet"), schema.USERS, what="users.parquet")
    vectors = {}
    for file in _bundles(assets / "vectors"):
        raw = _parquet(file)
        kind = raw.schema.field("vector").type if "vector" in raw.column_names else None
        if kind is None or not pa.types.is_fixed_size_list(kind):
            raise KindredError("damaged", f"{file.name} has no column of vectors of one size.")
        schema_ = schema.vectors_schema(kind.list_size, kind.value_type)
        tables = [raw]
        if (looks := assets / NATIVE / file.name).is_file():
            tables.append(_parquet(looks))
        vectors[schema.check_bundle(file.stem)] = pa.concat_tables(
            schema.conform(table, schema_, what=file.name) for table in tables
        )
    predictions = {
        schema.check_bundle(file.stem): schema.conform(
            _parquet(file), schema.PREDICTIONS, what=file.name
        )
        for file in _bundles(assets / "predictions")
    }
    side_tables = {
        file.stem: _parquet(file)
        for file in _bundles(assets / "kept")
        if file.stem.startswith(SIDE_TABLE_PREFIXES) and file.stem.partition(".")[2] in vectors
    }
    read = assets / READINGS
    readings = schema.conform(_parquet(read), SCHEMA, what=READINGS) if read.is_file() else None
    reacted = assets / REACTIONS
    reactions = _parquet(reacted).cast(schema.REACTIONS) if reacted.is_file() else None
    return Shipped(posts, users, vectors, predictions, side_tables, readings, reactions)


def _tables(assets: Path) -> list[Path]:
    files = [assets / "posts.parquet", assets / "users.parquet"]
    if not all(file.is_file() for file in files):
        raise KindredError(
            "no_shipped_corpus", f"There is no shipped corpus in {assets}; `make assets` builds it."
        )
    optional = [file for file in (assets / READINGS, assets / REACTIONS) if file.is_file()]
    return [*files, *optional, *(f for part in FOLDERS for f in _bundles(assets / part))]


def _bundles(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.parquet"))


def _checksums(assets: Path) -> dict[str, str]:
    file = assets / CHECKSUMS
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in raw.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise KindredError("damaged", f"The shipped file {file} cannot be read: {error}.") from None


def _parquet(file: Path) -> pa.Table:
    try:
        return pq.read_table(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise KindredError("damaged", f"{file} cannot be read: {error}.") from None


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
