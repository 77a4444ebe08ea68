"""Wire format of items and features: Arrow streams, which cannot carry code."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from backend.domain import KindredError, Modality, Picture, Sound
from backend.encoders.base import Encoded, Pieces

TYPE = "application/vnd.apache.arrow.stream"
_FRAME = pa.struct([("height", pa.int32()), ("width", pa.int32()), ("pixels", pa.large_binary())])
_ITEMS = {
    Modality.TEXT: pa.schema([("text", pa.string())]),
    Modality.IMAGE: pa.schema([("frames", pa.list_(_FRAME))]),
    Modality.AUDIO: pa.schema([("samples", pa.large_binary()), ("rate", pa.int32())]),
}
_ENCODED = pa.schema([("vector", pa.list_(pa.float32())), ("reason", pa.string())])
_PARTS = pa.schema([("where", pa.list_(pa.float64())), ("vector", pa.list_(pa.float32()))])


def pack_items(modality: Modality, items: Sequence[Any]) -> bytes:
    """Serialise decoded items of one modality: str, Picture or Sound."""
    if modality is Modality.TEXT:
        # Lone surrogates cannot be UTF-8; their replacement changes no vector.
        rows = [{"text": item.encode("utf-8", "replace").decode()} for item in items]
    elif modality is Modality.IMAGE:
        rows = [{"frames": [_frame(frame) for frame in item.frames]} for item in items]
    else:
        rows = [
            {"samples": np.asarray(item.samples, dtype="<f4").tobytes(), "rate": item.rate}
            for item in items
        ]
    return _pack(pa.Table.from_pylist(rows, schema=_ITEMS[modality]))


def _frame(frame: np.ndarray) -> dict[str, Any]:
    height, width, _ = frame.shape
    return {"height": height, "width": width, "pixels": frame.astype(np.uint8).tobytes()}


def unpack_items(modality: Modality, data: bytes) -> list[Any]:
    """Deserialise the output of `pack_items`.

    Raises
    ------
    KindredError
        ``bad_request`` for anything else.
    """
    table = _unpack(data, _ITEMS[modality])
    try:
        if modality is Modality.TEXT:
            return [str(text) for text in table["text"].to_pylist()]
        if modality is Modality.IMAGE:
            return [_picture(frames) for frames in table["frames"].to_pylist()]
        return [
            Sound(np.frombuffer(row["samples"], dtype="<f4"), row["rate"])
            for row in table.to_pylist()
        ]
    except (ValueError, TypeError) as error:
        raise _bad(str(error)) from None


def _picture(frames: list[dict[str, Any]]) -> Picture:
    return Picture(
        tuple(
            np.frombuffer(f["pixels"], dtype=np.uint8).reshape(f["height"], f["width"], 3)
            for f in frames
        )
    )


def pack_encoded(encoded: Encoded) -> bytes:
    """Serialise the features of items, and the reasons where there are none."""
    return _pack(pa.table([encoded.vectors, encoded.reasons], schema=_ENCODED))


def unpack_encoded(data: bytes) -> Encoded:
    """Deserialise the output of `pack_encoded`."""
    table = _unpack(data, _ENCODED)
    vectors = [None if v is None else _vector(v) for v in table["vector"]]
    return Encoded(vectors, table["reason"].to_pylist())


def pack_parts(parts: Pieces | None) -> bytes:
    """Serialise the pieces of an item; no bytes for None."""
    if parts is None:
        return b""
    return _pack(pa.table([[list(w) for w in parts.where], list(parts.vectors)], schema=_PARTS))


def unpack_parts(data: bytes) -> Pieces | None:
    """Deserialise the output of `pack_parts`."""
    if not data:
        return None
    table = _unpack(data, _PARTS)
    vectors = [v for v in map(_vector, table["vector"]) if v is not None]
    return Pieces([tuple(row) for row in table["where"].to_pylist()], np.stack(vectors))


def _vector(value: pa.ListScalar) -> np.ndarray | None:
    return value.values.to_numpy(zero_copy_only=False).copy() if value.is_valid else None


def _pack(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpack(data: bytes, schema: pa.Schema) -> pa.Table:
    try:
        messages = list(pa.ipc.MessageReader.open_stream(data))  # views of the data, no copies
        if not messages or messages[0].type != "schema":
            raise _bad("it has no schema")
        if not pa.ipc.read_schema(messages[0]).equals(schema):
            raise _bad("its schema is not the expected one")
        for message in messages[1:]:
            # A few kilobytes could decompress to gigabytes; our clients never compress.
            if message.type != "record batch" or _compressed(message.metadata.to_pybytes()):
                raise _bad("only uncompressed record batches are accepted")
        batches = [pa.ipc.read_record_batch(message, schema) for message in messages[1:]]
        table = pa.Table.from_batches(batches, schema)
        table.validate(full=True)  # untrusted offsets may point anywhere
    except (pa.ArrowException, OSError, struct.error) as error:
        raise _bad(str(error)) from None
    return table


def _compressed(metadata: bytes) -> bool:
    """Whether the buffers of the record batch of an Arrow message are compressed.

    Reads Message.header and RecordBatch.compression from Arrow's FlatBuffers
    (Message.fbs), which pyarrow verifies but does not expose.
    """
    (root,) = struct.unpack_from("<I", metadata, 0)
    header = _field(metadata, root, 2)
    batch = header + struct.unpack_from("<I", metadata, header)[0]
    return _field(metadata, batch, 3) != 0


def _field(data: bytes, table: int, slot: int) -> int:
    """Return the offset of a field of a FlatBuffers table; 0 if it is absent."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    (size,) = struct.unpack_from("<H", data, vtable)
    entry = 4 + 2 * slot
    if entry + 2 > size:
        return 0
    (offset,) = struct.unpack_from("<H", data, vtable + entry)
    return table + offset if offset else 0


def _bad(why: str) -> KindredError:
    return KindredError("bad_request", f"The request cannot be read: {why[:200]}.")
