"""Read Qt's compiled resource files (``.rcc``), in which GCompris ships its media."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_DIRECTORY, _ZLIB, _ZSTD = 2, 1, 4


def files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file, in the order of the tree.

    The layout is that of ``qresource.cpp``: a header with the offsets of the
    tree, the data and the names; 14 bytes a node, 22 from version 2 on.
    """
    if data[:4] != b"qres":
        raise ValueError("not a Qt resource file")
    version, tree, content, names = struct.unpack_from(">4I", data, 4)
    size = 22 if version >= 2 else 14

    def name(offset: int) -> str:
        (length,) = struct.unpack_from(">H", data, names + offset)
        start = names + offset + 6
        return data[start : start + 2 * length].decode("utf-16-be")

    def walk(node: int, path: str) -> Iterator[tuple[str, bytes]]:
        at = tree + node * size
        offset, flags = struct.unpack_from(">IH", data, at)
        if node:
            path = f"{path}/{name(offset)}" if path else name(offset)
        if flags & _DIRECTORY:
            count, first = struct.unpack_from(">II", data, at + 6)
            for child in range(first, first + count):
                yield from walk(child, path)
            return
        if flags & _ZSTD:
            raise ValueError(f"{path} is packed with Zstandard")
        start = content + struct.unpack_from(">I", data, at + 10)[0]
        (length,) = struct.unpack_from(">I", data, start)
        body = data[start + 4 : start + 4 + length]
        yield path, zlib.decompress(body[4:]) if flags & _ZLIB else body

    yield from walk(0, "")
