"""Small Parquet files that become large: one long value many times, or many items in a row."""

from __future__ import annotations

import io
from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq

KINDS = ("text", "later", "category", "image", "tags", "nothing", "delta")
LONG = 2**22


def _often(times: int, kind: pa.DataType) -> pa.DictionaryArray:
    """A long value many times, made without having it more than once."""
    values = pa.array(["x" * LONG]).cast(kind)
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), values)


def _listed(items: pa.Array) -> pa.ListArray:
    """All items in the first of 256 rows."""
    return pa.ListArray.from_arrays(pa.array([0] + [len(items)] * 256, pa.int32()), items)


@lru_cache(maxsize=len(KINDS))
def parquet(kind: str) -> bytes:
    """A file of about a kilobyte and 256 rows, or 32."""
    columns: dict[str, object] = {"id": [str(i) for i in range(256)], "text": ["hi there"] * 256}
    options: dict[str, object] = {"store_schema": kind == "category"}  # else it is none
    match kind:
        case "text" | "category":
            columns["text"] = _often(256, pa.string())
        case "later":  # after a hundred that say nothing, and of two values the second
            places = pa.array([None] * 100 + [0] * 6 + [1] * 150, pa.int32())
            columns["text"] = pa.DictionaryArray.from_arrays(places, pa.array(["hi", "x" * LONG]))
        case "image":
            image = pa.StructArray.from_arrays([_often(32, pa.binary())], ["bytes"])
            columns = {"image": image}
        case "tags":
            columns["tags"] = _listed(_often(256, pa.string()))
        case "nothing":
            columns["tags"] = _listed(pa.nulls(10**7, pa.int32()))
        case "delta":
            columns["text"] = ["x" * LONG] * 4 + ["hi"] * 252
            options |= {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd", **options)
    return buffer.getvalue()
