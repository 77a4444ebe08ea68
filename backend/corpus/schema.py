"""Schemas of the tables of a corpus, and conversion between domain types and Arrow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from backend.corpus.native import Native
from backend.domain import EMOTIONS, Affect, Kind, KindredError, Post, Sentiment, User

POSTS = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("image", pa.string()),
        ("audio", pa.string()),
        ("user", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("language", pa.string()),
        ("title", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("labels", pa.string()),  # JSON
        ("licence", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("group", pa.string()),  # posts of one group are near-duplicates
        ("original", pa.string()),  # id in its source
        ("added", pa.timestamp("us", tz="UTC")),  # null: shipped
    ]
)
USERS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("posts", pa.int64()),
        ("source", pa.string()),
        ("tags", pa.list_(pa.string())),
    ]
)
REACTIONS = pa.schema([("user", pa.string()), ("post", pa.string()), ("kind", pa.string())])
PREDICTIONS = pa.schema(
    [
        ("id", pa.string()),
        *((emotion, pa.float32()) for emotion in EMOTIONS),
        ("neutral", pa.float32()),
        ("positive", pa.float32()),
        ("label", pa.string()),
        ("confidence", pa.float32()),
    ]
)
# Columns that are fields of a Post.
POST_COLUMNS = tuple(name for name in POSTS.names if name not in ("group", "original", "added"))

MAX_ID = 256
_BUNDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Control characters and lone surrogates, which cannot be printed or encoded.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def vectors_schema(dim: int, dtype: pa.DataType) -> pa.Schema:
    """Return the schema of a table of vectors in half or single precision."""
    return pa.schema([("id", pa.string()), ("kind", pa.string()), ("vector", pa.list_(dtype, dim))])


def check_bundle(name: str) -> str:
    """Return a bundle name after checking that it can be part of a table name.

    Raises
    ------
    KindredError
        ``bundle_name`` otherwise.
    """
    if not _BUNDLE.fullmatch(name):
        raise KindredError(
            "bundle_name",
            f"{name!r} cannot name a bundle: use up to 64 letters, digits, hyphens, underscores.",
        )
    return name


def check_id(value: str, what: str = "post") -> None:
    """Refuse an id that cannot be shown, stored or compared.

    Raises
    ------
    KindredError
        ``bad_id``.
    """
    if not value.strip() or len(value) > MAX_ID or _UNPRINTABLE.search(value):
        raise KindredError(
            "bad_id",
            f"{value[:40]!r} cannot be the id of a {what}: it needs 1 to {MAX_ID} printable "
            "characters.",
        )


def conform(table: pa.Table, schema: pa.Schema, *, what: str) -> pa.Table:
    """Cast a table to a schema; missing columns become null, unknown ones are dropped.

    Raises
    ------
    KindredError
        ``damaged`` when a column has another type or an id is missing.
    """
    if "id" not in table.column_names:
        raise KindredError("damaged", f"{what} has no column id.")
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(len(table), field.type))
            continue
        try:
            column = table[field.name]
            if pa.types.is_timestamp(field.type) and pa.types.is_string(column.type):
                column = column.cast(pa.timestamp("us", tz="UTC"))
            columns.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise KindredError("damaged", f"{what}, column {field.name}: {error}.") from None
    result = pa.table(columns, schema=schema)
    if result["id"].null_count:
        raise KindredError("damaged", f"{what} has rows without an id.")
    return result


def posts_table(
    posts: Sequence[Post], *, groups: Mapping[str, str], added: datetime | None
) -> pa.Table:
    """Convert posts to rows.

    Parameters
    ----------
    posts : sequence of Post
    groups : mapping of str to str
        Duplicate group by post id; a post without one is its own group.
    added : datetime or None
        When they were added; None for shipped posts.
    """
    rows = [
        {
            **{name: getattr(post, name) for name in POST_COLUMNS},
            "text": post.text or None,
            "image": post.image or None,
            "audio": post.audio or None,
            "time": as_utc(post.time) if post.time else None,
            "tags": list(post.tags),
            "labels": json.dumps(dict(post.labels), ensure_ascii=False, sort_keys=True),
            "group": groups.get(post.id, post.id),
            "added": added,
        }
        for post in posts
    ]
    return pa.Table.from_pylist(rows, schema=POSTS)


def as_utc(time: datetime) -> datetime:
    """Convert a time to UTC; a time without a zone is taken as UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def to_posts(table: pa.Table) -> list[Post]:
    """Convert rows to posts, in the same order."""
    return [
        Post(
            **{**row, "tags": tuple(row["tags"] or ()), "labels": json.loads(row["labels"] or "{}")}
        )
        for row in table.select(list(POST_COLUMNS)).to_pylist()
    ]


def media_names(table: pa.Table) -> set[str]:
    """Return the media that rows with only the columns ``image`` and ``audio`` name."""
    return {name for row in table.to_pylist() for name in row.values() if name}


def to_users(table: pa.Table) -> list[User]:
    """Convert rows to users, in the same order."""
    return [
        User(
            id=row["id"],
            name=row["name"] or row["id"],
            posts=row["posts"] or 0,
            source=row["source"],
            tags=tuple(row["tags"] or ()),
        )
        for row in table.to_pylist()
    ]


def users_table(users: Iterable[User]) -> pa.Table:
    """Convert users to rows."""
    rows = [
        {"id": u.id, "name": u.name, "posts": u.posts, "source": u.source, "tags": list(u.tags)}
        for u in users
    ]
    return pa.Table.from_pylist(rows, schema=USERS)


def predictions_table(predictions: Mapping[str, Affect]) -> pa.Table:
    """Convert predictions by post id to rows."""
    rows: list[dict[str, Any]] = [
        {
            "id": id_,
            **affect.emotion,
            "neutral": affect.neutral,
            "positive": affect.sentiment.positive,
            "label": affect.sentiment.label,
            "confidence": affect.confidence,
        }
        for id_, affect in predictions.items()
    ]
    return pa.Table.from_pylist(rows, schema=PREDICTIONS)


def to_affects(table: pa.Table) -> dict[str, Affect]:
    """Convert rows to predictions by post id."""
    return {
        row["id"]: Affect(
            emotion={emotion: row[emotion] for emotion in EMOTIONS},
            neutral=row["neutral"],
            sentiment=Sentiment(row["positive"], row["label"]),
            confidence=row["confidence"],
        )
        for row in table.to_pylist()
    }


def vectors_table(
    kind: Kind | Native, ids: Sequence[str], vectors: np.ndarray, dtype: pa.DataType
) -> pa.Table:
    """Convert vectors of one kind to rows.

    Parameters
    ----------
    kind : Kind or Native
    ids : sequence of str
    vectors : numpy.ndarray
        ``(len(ids), dim)``.
    dtype : pyarrow.DataType
        Half or single precision.

    Raises
    ------
    KindredError
        ``bad_vectors`` when shapes do not match, a number is not finite or an
        id occurs twice.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or len(vectors) != len(ids) or not vectors.shape[1]:
        raise KindredError(
            "bad_vectors",
            f"{len(ids)} ids of kind {kind} do not match vectors of shape {vectors.shape}.",
        )
    if not np.isfinite(vectors).all():
        raise KindredError("bad_vectors", f"A vector of kind {kind} is not finite.")
    if len(set(ids)) != len(ids):
        raise KindredError("bad_vectors", f"An id occurs twice among the vectors of kind {kind}.")
    flat = pa.array(np.ascontiguousarray(vectors, dtype=dtype.to_pandas_dtype()).ravel())
    return pa.table(
        [
            pa.array(list(ids), pa.string()),
            pa.array([kind.value] * len(ids), pa.string()),
            pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        ],
        schema=vectors_schema(vectors.shape[1], dtype),
    )


def to_matrix(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of vectors as ``(n, dim)`` float32."""
    matrix = np.empty((len(column), column.type.list_size), dtype=np.float32)
    start = 0
    for chunk in column.chunks:
        rows = matrix[start : start + len(chunk)]
        rows[:] = chunk.flatten().to_numpy(zero_copy_only=False).reshape(rows.shape)
        start += len(chunk)
    return matrix


def label_values(raw: str | None) -> dict[str, str]:
    """Parse the stored labels of a post; leave out empty ones."""
    return {k: str(v) for k, v in json.loads(raw).items() if v not in (None, "")} if raw else {}
