"""What the whole of a table shows of its columns, before its rows become posts.

Which of 03/04 is the day, whether an id tells posts apart: no row says that alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.ingest.readers import parquet, registry
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.cells import is_nothing
from backend.ingest.readers.column_names import normalise, tokens
from backend.ingest.readers.columns import UNNAMED, Profile, may_be_days
from backend.ingest.readers.date_columns import Evidence
from backend.ingest.readers.dates import Style
from backend.ingest.readers.field_names import NAMES
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.time_limit import share_of_time

# Formats whose columns anybody may have named.
TABLES = ("csv", "jsonl", "parquet", "folder", "workbook")
_UNIQUE = 0.9  # of the ids of a table differ, or they are no ids
_USERS = ("uid", "key")  # names of ids of posts or of users
_CERTAIN_IDS = 18  # of the names of ids: not those of numbers of rows
_EVIDENCE = 0.4  # of the time for reading, where that is limited
_SHOWN = 40  # characters of a value


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What is known of a table.

    Attributes
    ----------
    mapping : mapping of str to tuple of str
        Columns by field.
    columns : list of str
        All columns of the source.
    samples : list of Row
    styles : mapping of str to Style
        How each column of times writes them.
    ids_by_file : bool
        Whether files use the same ids for different posts.
    notices : list of (str, str)
        Code and sentence of what is guessed or not used.
    is_table : bool
        Whether cells need to be normalised.
    """

    mapping: ColumnMapping
    columns: list[str] = field(default_factory=list)
    samples: list[Row] = field(default_factory=list)
    styles: Mapping[str, Style] = field(default_factory=dict)
    ids_by_file: bool = False
    notices: list[tuple[str, str]] = field(default_factory=list)
    is_table: bool = False


@dataclass(slots=True)
class _Ids:
    """Counts ids that several rows have."""

    rows: int = 0
    repeated: int = 0  # with another text
    in_other_files: int = 0  # of those
    rounded: str = ""
    _seen: dict[int, int] = field(default_factory=dict)

    def add(self, value: Any, row: Row, text: Any) -> None:
        self.rows += 1
        if not self.rounded and Profile("", [value]).rounded:
            self.rounded = str(value)
        here = text_hash(row.file) & 0xFFFF
        at = text_hash(str(text)) >> 16 << 16 | here
        before = self._seen.setdefault(text_hash(str(value)), at)
        if before != at and before >> 16 != at >> 16:
            self.repeated += 1
            self.in_other_files += before & 0xFFFF != here


def text_hash(text: str) -> int:
    """Return 64 bits that tell a text from others, in a third of the memory of bytes."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def survey(tree: Tree, format_: str, options: Options) -> Survey:
    """Read a source once, as far as the time allows, and return what its columns show.

    Parameters
    ----------
    tree : Tree
    format_ : str
    options : Options
        A mapping in them stays as it is.

    Raises
    ------
    KindredError
        When the source as a whole cannot be read.
    """
    columns, samples = registry.columns(tree, format_, options)
    mapping = registry.mapping(tree, format_, options, (columns, samples))
    if format_ not in TABLES:
        return Survey(mapping, columns, samples)
    times, ids = mapping.get("time", ()), _Ids()
    evidence = {column: Evidence() for column in times}
    id_columns = mapping.get("id", ())
    if times or id_columns:
        _read(tree, format_, options, mapping, evidence, ids)
    styles = {
        column: found.style(may_be_days=may_be_days(tokens(column)))
        for column, found in evidence.items()
    }
    notices = [
        ("time_guessed", sentence)
        for column, found in evidence.items()
        for sentence in found.doubts(column, styles[column])
    ]
    by_file = ids.in_other_files > 0
    if id_columns and not options.mapping:
        mapping, notice = _checked_ids(mapping, ids)
        notices += [notice] if notice else []
    if not options.mapping:
        notices += _unused(mapping, columns, samples) + _unnamed(mapping, columns)
    notices = list(dict.fromkeys(notices))  # an id column may be judged twice
    return Survey(mapping, columns, samples, styles, by_file, notices, is_table=True)


def _read(
    tree: Tree,
    format_: str,
    options: Options,
    mapping: ColumnMapping,
    evidence: Mapping[str, Evidence],
    ids: _Ids,
) -> None:
    """Read all rows for the evidence of columns of times, and of ids."""
    id_columns, text_columns = mapping.get("id", ()), mapping.get("text", ())
    needed = {*evidence, *id_columns, *text_columns}
    is_past = share_of_time(_EVIDENCE)
    for row in _rows(tree, format_, options, needed):
        if is_past():
            break
        if row.error is not None:
            continue
        for column, found in evidence.items():
            value = row.cells.get(column)
            if value is not None and value != "":
                found.add(value)
        if len(id_columns) == 1 and not is_nothing(value := row.cells.get(id_columns[0])):
            ids.add(value, row, [row.cells.get(column) for column in text_columns])


def _rows(tree: Tree, format_: str, options: Options, needed: Collection[str]) -> Iterator[Row]:
    if format_ == parquet.NAME:
        return parquet.scan(tree, options, needed)  # leaves out media, which are large
    return registry.rows(tree, format_, options)


def _checked_ids(mapping: ColumnMapping, ids: _Ids) -> tuple[ColumnMapping, tuple[str, str] | None]:
    """Return the mapping without ids that tell no posts apart, and why."""
    (column, *_) = mapping["id"]
    without = {name: of for name, of in mapping.items() if name != "id"}
    repeated = ids.repeated - ids.in_other_files
    if normalise(column) in _USERS and "user" not in mapping and repeated > 0.02 * ids.rows:
        return {**without, "user": (column,)}, None
    if ids.rounded:
        return without, _rounded(column, ids.rounded)
    if repeated > max(1, (1 - _UNIQUE) * ids.rows):
        return without, _repeated(column)
    return mapping, None


def _rounded(column: str, value: Any) -> tuple[str, str]:
    shown = str(value)[:_SHOWN]
    return "ids_rounded", (
        f"The ids in {column}, such as {shown}, were rounded by a spreadsheet or another program "
        "and tell posts no longer apart; each post gets a new id. Export the table again, with "
        "ids as text."
    )


def _repeated(column: str) -> tuple[str, str]:
    return "ids_repeated", (
        f"Many rows have the same id in {column}, so it tells no posts apart; each post gets a "
        "new id."
    )


def _unused(
    mapping: ColumnMapping, columns: Sequence[str], samples: Sequence[Row]
) -> list[tuple[str, str]]:
    """Return why columns of ids and times by their names are not used as that."""
    used = {column for of in mapping.values() for column in of}
    notices = []
    for column in columns:
        values = [v for row in samples if not is_nothing(v := row.cells.get(column))]
        if column in used or not values:
            continue
        name, profile = normalise(column), Profile(column, values)
        if "id" not in mapping and name in NAMES["id"][:_CERTAIN_IDS] and profile.is_short:
            notices.append(
                _rounded(column, next(v for v in values if Profile("", [v]).rounded))
                if profile.rounded
                else _repeated(column)
            )
        elif "time" not in mapping and name in NAMES["time"]:
            sentence = (
                f"The column {column} is not used as the time of the posts: {str(values[0])[:40]!r}"
                " is not a time in a known format, such as 2024-05-31T18:00:00Z."
            )
            notices.append(("time_not_used", sentence))
    return notices


def _unnamed(mapping: ColumnMapping, columns: Sequence[str]) -> list[tuple[str, str]]:
    """Say how the columns of a table without names were read."""
    if not mapping or not all(map(UNNAMED.fullmatch, columns)) or len(columns) < 2:
        return []
    read = ", ".join(f"{of[0]} as {name}" for name, of in mapping.items())
    sentence = f"The columns have no names, so what they hold is a guess: {read} is used."
    return [("columns_guessed", sentence)]
