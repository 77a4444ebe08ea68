"""Read the tensors of a TensorFlow checkpoint without TensorFlow.

A checkpoint is a LevelDB table (``.index``) from tensor names to where each
lies in the data file. Formats: tensorflow/core/util/tensor_bundle and
google/leveldb doc/table_format.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FOOTER = 48
MAGIC = 0xDB4775248B80FB57
FLOAT = 1


def varint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number and where the next thing begins."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def block(table: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one table block; keys share prefixes with the one before."""
    offset, at = varint(handle, 0)
    size, _ = varint(handle, at)
    if table[offset + size] != 0:
        raise ValueError("compressed blocks are not read")
    data = table[offset : offset + size]
    (restarts,) = struct.unpack("<I", data[-4:])
    end, at, key = len(data) - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = varint(data, at)
        fresh, at = varint(data, at)
        length, at = varint(data, at)
        key = key[:shared] + data[at : at + fresh]
        at += fresh
        yield key, data[at : at + length]
        at += length


def message(data: bytes) -> dict[int, list[int | bytes]]:
    """Fields of a protocol buffer message by number."""
    fields: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = varint(data, at)
        else:
            if tag & 7 == 2:
                length, at = varint(data, at)
            else:
                length = {1: 8, 5: 4}[tag & 7]
            value = data[at : at + length]
            at += length
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def read(index: Path, data: Path) -> dict[str, np.ndarray]:
    """Every float tensor of a checkpoint of one shard.

    Parameters
    ----------
    index, data : pathlib.Path

    Returns
    -------
    dict of str to numpy.ndarray
        float32, by variable name.
    """
    table, content = index.read_bytes(), data.read_bytes()
    if struct.unpack("<Q", table[-8:])[0] != MAGIC:
        raise ValueError(f"{index} is no checkpoint index")
    _, at = varint(table[-FOOTER:], 0)  # the handle of the meta index: offset and size
    _, at = varint(table[-FOOTER:], at)
    tensors = {}
    for _, handle in block(table, table[-FOOTER + at : -8]):
        for key, value in block(table, handle):
            entry = message(value)
            if not key or entry.get(1) != [FLOAT]:
                continue
            sizes = [message(dim).get(1, [0])[0] for dim in message(entry[2][0]).get(2, [])]
            offset, size = entry.get(4, [0])[0], entry[5][0]
            values = np.frombuffer(content[offset : offset + size], dtype="<f4")
            tensors[key.decode()] = values.reshape(sizes)
    return tensors
