"""Export a selection as a table, and as a file to download."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backend.corpus.schema import label_values
from backend.domain import EMOTIONS_AND_POSITIVE, Kind, KindredError, Selection
from backend.maps import Column
from backend.maps.columns import LABEL
from backend.selections.item_table import ItemTable

FORMATS = ("csv", "json", "parquet")
_READ_COLUMNS = ("written", "said")
_POST_COLUMNS = (
    *("title", "text", *_READ_COLUMNS),
    *("tags", "language", "time", "source", "licence", "url"),
)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?")  # no code, such as 007
_FORMULA = "=+-@|%＝＋－＠"


def table(items: ItemTable, rows: np.ndarray, cluster: Column | None = None) -> pa.Table:
    """Tabulate posts or users with names, authors and predictions.

    Parameters
    ----------
    items : ItemTable
    rows : numpy.ndarray
        Positions in `items`.
    cluster : Column, optional
        Of each item.

    Returns
    -------
    pyarrow.Table
        Posts: ``id, user, name, title, text, written, said, tags, ...``, `name` being the
        author's, `written` and `said` what was read in the image and the sound; and
        ``label: NAME`` for each label that one of them has. Users:
        ``id, name, posts, source, tags``. Both: ``emotion, sentiment, positive``, the eight
        emotions and ``cluster``.
    """
    frame = pd.DataFrame({"id": items.ids[rows]})
    if items.kind is Kind.POST:
        needed = ["id", "user", *_POST_COLUMNS, "labels"]
        columns = items.corpus.table(needed, ids=frame["id"].tolist())
        posts = columns.to_pandas().set_index("id").reindex(frame["id"]).reset_index(drop=True)
        authors = items.corpus.users(posts["user"].dropna().unique().tolist())
        frame["user"] = posts["user"]
        frame["name"] = posts["user"].map({id_: user.name for id_, user in authors.items()})
        for name in _POST_COLUMNS:
            frame[name] = posts[name]
        labels = [label_values(raw if isinstance(raw, str) else None) for raw in posts["labels"]]
        for name in sorted({name for of in labels for name in of}):
            frame[f"{LABEL}{name}"] = _typed([of.get(name) for of in labels])
    else:
        users = items.corpus.users(frame["id"].tolist())
        known = [users.get(id_) for id_ in frame["id"]]
        frame["name"] = [user.name if user else None for user in known]
        frame["posts"] = [user.posts if user else 0 for user in known]
        frame["source"] = [user.source if user else None for user in known]
        frame["tags"] = [list(user.tags) if user else [] for user in known]
    for name in ("emotion", "sentiment"):
        frame[name] = named(items.column(name), rows)
    for i, name in enumerate(EMOTIONS_AND_POSITIVE):
        frame[name] = items.affect[rows, i]
    if cluster is not None:
        frame["cluster"] = named(cluster, rows)
    frame["tags"] = [list(tags) if tags is not None else [] for tags in frame["tags"]]
    return pa.Table.from_pandas(frame, preserve_index=False)


def _typed(values: list[str | None]) -> pd.Series:
    """Return the values of a label, as numbers where all of them are."""
    column = pd.Series(values, dtype=object)
    if column.dropna().map(lambda value: bool(_NUMBER.fullmatch(value))).all():
        return pd.to_numeric(column).convert_dtypes()
    return column


def named(column: Column, rows: np.ndarray) -> np.ndarray:
    """Categories of some rows by name, None for none; ``(len(rows),)`` object."""
    names = np.array([*(column.categories or ()), None], dtype=object)
    return np.asarray(names[column.values[rows]])  # -1 is the last one


def as_bytes(rows: pa.Table, selection: Selection, form: str) -> bytes:
    """Write a table as a file.

    Parameters
    ----------
    rows : pyarrow.Table
        See `table`.
    selection : Selection
        Described in JSON and in the metadata of Parquet.
    form : str
        One of `FORMATS`.

    Raises
    ------
    KindredError
        ``format``.
    """
    about = {
        "selection": selection.name,
        "origin": selection.origin,
        "corpus": selection.corpus,
        "kind": selection.kind.value,
        "count": len(rows),
    }
    if form == "parquet":
        buffer = io.BytesIO()
        metadata = {"kindred": json.dumps(about, ensure_ascii=False)}
        pq.write_table(
            rows.replace_schema_metadata({**(rows.schema.metadata or {}), **metadata}), buffer
        )
        return buffer.getvalue()
    if form == "json":
        document = {**about, "rows": rows.to_pylist()}
        return json.dumps(document, ensure_ascii=False, indent=1, default=str).encode("utf-8")
    if form == "csv":
        frame = rows.to_pandas()
        frame["tags"] = [", ".join(tags) for tags in frame["tags"]]
        for name in frame.columns[[not pd.api.types.is_numeric_dtype(t) for t in frame.dtypes]]:
            frame[name] = frame[name].map(harmless)
        return frame.to_csv(index=False).encode("utf-8-sig")
    raise KindredError("format", f"There is no format {form!r}; choose from {', '.join(FORMATS)}.")


def harmless(cell: object) -> object:
    """Prevent spreadsheets from reading a text as a formula.

    Examples
    --------
    >>> harmless("=1+1"), harmless("fine"), harmless(None)
    ("'=1+1", 'fine', None)
    """
    if isinstance(cell, str) and (cell[:1] in "\t\r\n" or cell.lstrip()[:1] in _FORMULA):
        return "'" + cell if cell.strip() else cell
    return cell
