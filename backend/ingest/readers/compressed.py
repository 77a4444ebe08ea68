"""Streams of compressed files: gzip, Zstandard, xz and bzip2, within the limit of growth."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from io import BufferedReader, BytesIO, RawIOBase
from typing import IO, Any, cast

import zstandard

from backend.domain import KindredError
from backend.ingest.readers.time_limit import check_time
from backend.settings import settings

# The endings of compressed files; ``.tar`` and a table may be inside.
ENDINGS = (".gz", ".zst", ".zstd", ".xz", ".bz2")
_MAGIC = {b"\x1f\x8b": "gzip", b"(\xb5/\xfd": "zstd", b"\xfd7zXZ\0": "xz", b"BZh": "bzip2"}
_SMALL = 2**24  # bytes; less may grow by any factor
_PIECE = 2**11  # bytes unpacked at once, of which each may become many thousand
_WINDOW = 2**31  # bytes: the longest that dumps of whole forums are written with
_MEMORY = 2**29  # bytes for xz, whose presets take 65 MB at most
# What the libraries raise for damaged data.
ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


def kind(head: bytes) -> str:
    """Return the kind of compression of a file by its first bytes; empty for none."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


def unpacked(file: IO[bytes], name: str, size: int) -> IO[bytes]:
    """Return what is in a compressed file, as a stream.

    Parameters
    ----------
    file : binary file
        At its start.
    name : str
        For messages.
    size : int
        Bytes, which say how many may come out.

    Raises
    ------
    KindredError
        ``too_large``, while it is read.
    """
    return BufferedReader(_Bounded(file, name, size), 2**16)


def start(file: IO[bytes], size: int) -> bytes:
    """Return the first bytes of what is in a compressed file, though its rest may be damaged."""
    return _Bounded(file, "", 2**20).read(size) or b""


class _Bounded(RawIOBase):
    """Refuses to go on where more comes out than the limit of growth allows."""

    def __init__(self, file: IO[bytes], name: str, size: int) -> None:
        buffered = BufferedReader(cast("Any", file)) if not hasattr(file, "peek") else file
        head = cast("Any", buffered).peek(8)[:8]
        self._source: Any = _stream(buffered, kind(head))
        self._name, self._read = name, 0
        self._limit = max(_SMALL, settings().limits.archive_ratio * size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        self._read += len(data)
        if self._read > self._limit:
            raise KindredError(
                "too_large",
                f"{self._name} unpacks to more than {settings().limits.archive_ratio} times its "
                "size, the limit (a bomb?).",
            )
        buffer[: len(data)] = data
        return len(data)


def _stream(file: Any, kind_: str) -> Any:
    return _Members(file, _DECOMPRESSORS[kind_]) if kind_ else file


_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj(),
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY),
    "bzip2": bz2.BZ2Decompressor,
}


class _Members:
    """Reads the members of a file one after the other, and notices one that is cut.

    The readers of the libraries do not stop between members: of 50 MB of empty ones, gzip's gives
    the first byte after half a minute. That of Zstandard takes the end of a cut file for the end
    of its data.
    """

    def __init__(self, file: Any, make: Callable[[], Any]) -> None:
        self._file, self._make = file, make
        self._member: Any = None
        self._count = 0
        self._rest, self._ready = b"", b""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end."""
        while not self._ready:
            check_time()
            packed = self._rest or self._file.read(_PIECE)
            if not packed:
                if self._member is not None:
                    raise EOFError("the file ends in the middle")
                return b""
            if self._member is None:
                # Zeros may fill a block of a tape.
                if self._count and not (packed := packed.lstrip(b"\0")):
                    self._rest = b""
                    continue
                self._member = self._make()
                self._count += 1
                begins = self._count > 1
            else:
                begins = False
            try:
                self._ready, self._rest = self._member.decompress(packed), b""
            except (OSError, lzma.LZMAError):  # of bzip2 and xz
                if not begins:
                    raise
                # As their own readers do: what follows a member and is none, is left.
                self._file, self._member, self._rest = BytesIO(), None, b""
                return b""
            if self._member.eof:
                self._rest, self._member = self._member.unused_data, None
        data, self._ready = self._ready[:size], self._ready[size:]
        return data
