"""The blocks of a CAR file, each decoded when it is asked for.

Decoded all at once, they take memory many times as large as their file: a byte may be a list.
"""

from __future__ import annotations

from typing import Any

import libipld

from backend.ingest.readers.time_limit import check_time

_BLOCK = 2**20  # bytes: the most that servers exchange
_SPARE = 2**24
_VARINT = 10  # bytes at most
_HASH_V0 = b"\x12\x20"  # what ids of version 0 begin with


class Blocks:
    """The blocks of a file by their ids.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    ValueError, LookupError, TypeError, RecursionError
        When it is no CAR file, or not whole.

    Attributes
    ----------
    root : bytes
        Id of the first root.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        # Of a file whose records are all one, more would be decoded than it holds.
        self._left = 4 * len(data) + _SPARE
        size, at = _varint(data, 0)
        if size > _BLOCK:
            raise ValueError("its header is too long")
        self.root = libipld.decode_dag_cbor(data[at : at + size])["roots"][0]
        self._places: dict[bytes, tuple[int, int]] = {}
        at += size
        while at < len(data):
            check_time()
            size, begin = _varint(data, at)
            at = begin + size
            if at > len(data):
                raise ValueError("it ends in a block")
            body = _after_id(data, begin)
            self._places[data[begin:body]] = body, at

    def get(self, id_: Any) -> Any:
        """Decode a block; None where there is none, or a damaged one, or none as blocks are."""
        begin, end = self._places.get(id_, (0, 0)) if isinstance(id_, bytes) else (0, 0)
        if not 0 < end - begin <= min(_BLOCK, self._left):
            return None
        self._left -= end - begin
        try:
            return libipld.decode_dag_cbor(self._data[begin:end])
        except (ValueError, RecursionError):
            return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number that ends with its first byte below 128, and where it ends."""
    number = 0
    for place in range(_VARINT):
        byte = data[at + place]
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, at + place + 1
    raise ValueError("a number has no end")


def _after_id(data: bytes, at: int) -> int:
    """Return where the id ends that begins at a place."""
    if data.startswith(_HASH_V0, at):
        return at + 34
    for _ in range(3):  # version, codec, kind of the hash
        _, at = _varint(data, at)
    size, at = _varint(data, at)
    return at + size
