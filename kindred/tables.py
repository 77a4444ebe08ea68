"""Tables as people have them in Python, written down as a source that an import reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backend.corpus.bulk_commit import link_or_copy
from backend.domain import KindredError
from backend.ingest.readers.columns import IMAGE_ENDINGS, SOUND_ENDINGS
from kindred.media import file_bytes

TABLE = "table.parquet"
_GROUP = 2_000  # rows of a row group: vectors and embedded media are large
_ENDINGS = tuple(f".{ending}" for ending in (*IMAGE_ENDINGS, *SOUND_ENDINGS))
FORMS = (
    "a path, a DataFrame of pandas or Polars, an Arrow table, a data set of Hugging Face, or a "
    "list of dicts"
)


def is_table(value: Any) -> bool:
    """Whether a value is a table, or a list of rows."""
    if isinstance(value, str | bytes | PathLike) or value is None:
        return False
    if hasattr(value, "__arrow_c_stream__") or _is_data_set(value):
        return True
    return isinstance(value, Mapping | Sequence) or hasattr(value, "to_arrow")


def _is_data_set(value: Any) -> bool:
    return hasattr(value, "with_format") and hasattr(value, "features")


def to_arrow(data: Any) -> pa.Table:
    """Return a table of any library as an Arrow table.

    Raises
    ------
    KindredError
        ``wrong_type``, with what is taken.
    """
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, Mapping) and data and all(map(_is_data_set, data.values())):
        splits = ", ".join(data)
        message = (
            f'This data set has splits ({splits}); choose one: read(data["{next(iter(data))}"]).'
        )
        raise KindredError("wrong_type", message)
    try:
        if _is_data_set(data):
            return data.with_format("arrow")[:]
        if hasattr(data, "columns") and hasattr(data, "iloc"):
            return _from_pandas(data)
        if hasattr(data, "collect") and not hasattr(data, "__arrow_c_stream__"):
            data = data.collect()  # a lazy frame
        if hasattr(data, "__arrow_c_stream__"):
            return pa.table(data)
        if isinstance(data, Mapping):
            return _from_rows(
                [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
            )
        if isinstance(data, Sequence) and not isinstance(data, str | bytes):
            rows = [{"text": row} if isinstance(row, str) else row for row in data]
            if all(isinstance(row, Mapping) for row in rows):
                return _from_rows(rows)
    except (pa.ArrowException, TypeError, ValueError) as error:
        message = f"This {type(data).__name__} cannot be read as a table: {error}."
        raise KindredError("wrong_type", message) from error
    raise KindredError("wrong_type", f"Give {FORMS}, not {type(data).__name__}.")


def _from_pandas(frame: Any) -> pa.Table:
    columns = {}
    for name in frame.columns:
        series = frame[name]
        if series.dtype == object:
            columns[str(name)] = _column(series.tolist())
        else:
            columns[str(name)] = pa.Array.from_pandas(series)
    return pa.table(columns)


def _from_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({str(name): _column([row.get(name) for row in rows]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    """Return a column; Pillow images become files, arrays become lists."""
    values = [None if isinstance(v, float) and v != v else v for v in values]
    first = next((v for v in values if v is not None), None)
    if hasattr(first, "save") and hasattr(first, "size"):
        return pa.array([None if v is None else file_bytes(v, "image") for v in values])
    if isinstance(first, PathLike):
        return pa.array([None if v is None else str(v) for v in values])
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # mixed types
        return pa.array([None if v is None else str(v) for v in values])


@contextmanager
def as_source(data: Any) -> Iterator[Path]:
    """Give a source that an import reads: the path itself, or a folder with a Parquet table.

    Files that the table names are linked beside it.
    """
    if isinstance(data, str | PathLike):
        path = Path(data).expanduser()
        if not path.exists():
            message = f"There is no file or folder {path} (the working folder is {Path.cwd()})."
            raise KindredError("no_file", message)
        yield path.resolve()
        return
    table = to_arrow(data)
    if not len(table):
        raise KindredError("empty", "The table has no rows.")
    with TemporaryDirectory(prefix="kindred-") as name:
        folder = Path(name)
        linked = _with_media(table, folder)
        pq.write_table(linked, folder / TABLE, row_group_size=_GROUP)
        yield folder if linked is not table else folder / TABLE


def _with_media(table: pa.Table, folder: Path) -> pa.Table:
    """Link the local files that a table names into a folder, and return it with their new names."""
    for index, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        values = table[index].to_pylist()
        first = next((v for v in values if v), "")
        if len(first) > 1_000 or not first.lower().endswith(_ENDINGS):
            continue
        named: list[str | None] = []
        for row, value in enumerate(values):
            path = Path(value).expanduser() if value and "://" not in value else None
            if path is not None and path.is_file():
                link_or_copy(path.resolve(), folder / "media" / f"{row}-{path.name}")
                value = f"media/{row}-{path.name}"
            named.append(value)
        table = table.set_column(index, field.name, pa.array(named, pa.string()))
    return table
