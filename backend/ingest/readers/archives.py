"""Archives as trees of files: ZIP, and tar with or without compression."""

from __future__ import annotations

import errno
import math
import os
import re
import stat
import tarfile
import tempfile
import zipfile
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any, cast

from backend.domain import KindredError
from backend.ingest.readers import compressed
from backend.ingest.readers.file_tree import ARCHIVES, DRIVE, JUNK, Folder, Tree, is_encodable
from backend.ingest.readers.time_limit import OutOfTimeError, check_time
from backend.settings import settings

_UNSUPPORTED = {b"7z\xbc\xaf": "a 7z", b"Rar!": "a RAR"}
_CONTROL = re.compile(r"[\x00-\x1f]")
_BOMB_BYTES = 2**24  # smaller files may grow by any factor
_BLOCK = 2**20
_TAIL = 2**16 + 22  # bytes that hold the end of a ZIP
_SHARED = 1_000  # things that a tar says of all its files
_ARCHIVES = 1_000  # of a folder, each of which keeps a file open


class Zip(Tree):
    """A ZIP archive, read in place."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        limits = settings().limits
        try:
            # `zipfile` makes an object of each entry before the first can be counted.
            if _at_least_listed(path) > limits.archive_files:
                self._entries_seen = limits.archive_files + 1
                self._check_count()
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise KindredError(
                "damaged",
                f"{path.name} is not a complete ZIP archive: {error}. Pack or download it again.",
            ) from error
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            self._entries_seen += 1
            self._check_count()
            # Not is_dir(), which fails for an empty name.
            if info.filename.endswith("/") or JUNK.search(info.filename):
                continue
            name = info.filename.replace("\\", "/")
            reason = _refusal_reason(name, info, limits.archive_ratio)
            if reason is None and name in self._infos:
                reason = "another file in the archive has the same name"
            if reason:
                self.refused.append((name[:120], reason))
            else:
                self._infos[name] = info
                self.sizes[name] = info.file_size

    def _open(self, name: str) -> IO[bytes]:
        return self._zip.open(self._infos[name])

    def _times(self) -> list[int]:
        return [info.CRC for _, info in sorted(self._infos.items())]

    def close(self) -> None:
        """Close the archive."""
        super().close()
        self._zip.close()


def _at_least_listed(path: Path) -> int:
    """Return how many entries the list of a ZIP has; 0 where it is of 64 bits, or broken."""
    count = 0
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        start, data = file.tell(), file.read(_TAIL)
        end = data.rfind(b"PK\x05\x06")
        size = int.from_bytes(data[end + 12 : end + 16], "little")
        if end < 0 or size == 2**32 - 1:
            return 0
        file.seek(max(0, start + end - size))
        while size > 0 and (data := file.read(min(_BLOCK, size))):
            count += data.count(b"PK\x01\x02")
            size -= len(data)
    return count


class Tar(Tree):
    """A tar archive; a compressed one is unpacked once into a temporary file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file = _unzipped(path)
        self._infos: dict[str, tarfile.TarInfo] = {}
        try:
            headers = _HeaderReader(self._file)
            with tarfile.open(fileobj=cast("IO[bytes]", headers), mode="r:") as archive:
                offset = -1
                for info in archive:
                    headers.begin_entry()
                    # Each later entry gets a copy of them all.
                    if len(archive.pax_headers) > _SHARED:
                        raise tarfile.ReadError("it says too much of all its files")
                    # A negative size would lead back to a header that was read: an endless loop.
                    if info.size < 0 or not offset < info.offset:
                        raise tarfile.ReadError("one of its headers is wrong")
                    offset = info.offset
                    self._list(info)
        except (KindredError, OutOfTimeError):
            self.close()
            raise
        except (
            tarfile.TarError, OSError, EOFError, ValueError, OverflowError, RecursionError,
        ) as error:  # fmt: skip
            self.close()
            raise KindredError(
                "damaged",
                f"{path.name} is not a complete tar archive: {error}. Pack or download it again.",
            ) from error

    def _list(self, info: tarfile.TarInfo) -> None:
        name = info.name.removeprefix("./")
        self._entries_seen += 1
        self._check_count()
        if info.isdir() or JUNK.search(name):
            return
        reason = _name_problem(name)
        if info.issym() or info.islnk():
            reason = "it is a link; links are not followed"
        elif not info.isfile() or info.issparse():
            reason = "it is no regular file"
        elif reason is None and name in self._infos:
            reason = "another file in the archive has the same name"
        if reason:
            self.refused.append((name[:120], reason))
        else:
            self._infos[name] = info
            self.sizes[name] = info.size

    def _open(self, name: str) -> IO[bytes]:
        info = self._infos[name]
        return BufferedReader(_FileSlice(self._file.fileno(), info.offset_data, info.size))

    def _times(self) -> list[int]:
        times = (info.mtime for _, info in sorted(self._infos.items()))
        return [int(time) if math.isfinite(time) else 0 for time in times]

    def close(self) -> None:
        """Close the archive."""
        super().close()
        self._file.close()


class _HeaderReader:
    """Bounds the reads of headers: a name of gigabytes must not fill the memory.

    Nor may many that are shorter: extended headers may follow each other, and `tarfile` keeps all
    before an entry until it has read that.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._of_entry = file, 0
        self.seek, self.tell = file.seek, file.tell
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        self._of_entry += size
        if not 0 <= size <= _BLOCK or self._of_entry > 2 * _BLOCK:
            raise tarfile.ReadError("one of its headers is too long")
        check_time()
        return self._file.read(size)

    def begin_entry(self) -> None:
        """Count the bytes of the next entry from here."""
        self._of_entry = 0


class _FileSlice(RawIOBase):
    """A slice of a file; several can be read at once, in any thread."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self._handle, self._start, self._size, self._at = descriptor, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), max(self._size - self._at, 0))
        data = os.pread(self._handle, count, self._start + self._at)
        if count and not data:
            raise EOFError("the archive ends before the file does")
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _unzipped(path: Path) -> IO[bytes]:
    """Open a tar, unpacked if it is compressed and within the limit of growth."""
    file = path.open("rb")
    kind = compressed.kind(file.read(8))
    file.seek(0)
    if not kind:
        return file
    target = tempfile.TemporaryFile()  # noqa: SIM115 - `Tar.close` closes it
    try:
        with file, compressed.unpacked(file, path.name, path.stat().st_size) as source:
            while block := source.read(_BLOCK):
                check_time()
                target.write(block)
    except (KindredError, OutOfTimeError):
        target.close()
        raise
    except compressed.ERRORS as error:
        target.close()
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise KindredError(
                "disk_full", f"There is no room in {tempfile.gettempdir()} to unpack {path.name}."
            ) from error
        raise KindredError(
            "damaged", f"{path.name} is not a complete {kind} archive: {error}. Download it again."
        ) from error
    target.flush()
    return target


def is_tar(path: Path) -> bool:
    """Whether a file is a tar archive, compressed or not."""
    try:
        with path.open("rb") as file:
            head = file.read(264)
            if compressed.kind(head):
                file.seek(0)
                head = compressed.start(file, 264)
    except (*compressed.ERRORS, KindredError):
        return False
    return head[257:262] == b"ustar"


def _name_problem(name: str) -> str | None:
    """Return why an entry of this name is left out; None if it is not."""
    if not name:
        return "it has no name"
    if name.startswith("/") or DRIVE.match(name) or ".." in name.split("/"):
        return "its path leads out of the archive"
    if _CONTROL.search(name) or not is_encodable(name):
        return "its name holds control characters"
    return None


def _refusal_reason(name: str, info: zipfile.ZipInfo, ratio: int) -> str | None:
    """Return why an entry of a ZIP is left out; None if it is not."""
    if reason := _name_problem(name):
        return reason
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link; links are not followed"
    if info.file_size > _BOMB_BYTES and info.file_size > ratio * max(1, info.compress_size):
        growth = info.file_size // max(1, info.compress_size)
        return f"it would grow {growth:,} times and the limit is {ratio} (a ZIP bomb?)"
    return None


def open_tree(path: Path) -> Tree:
    """Open a source.

    Parameters
    ----------
    path : pathlib.Path
        A folder, a ZIP or tar archive (compressed or not), or a single file, which may be
        compressed, too.

    Raises
    ------
    KindredError
        ``no_source``, ``damaged``, ``too_large``, ``too_many_files``; ``unsupported`` for
        other archive formats.
    """
    try:
        if not path.exists():
            raise KindredError("no_source", f"There is no file or folder {path}.")
        if path.is_dir():
            return _unpacked(_with_archives(Folder(path)))
        if not path.is_file():
            raise KindredError("no_source", f"{path} is neither a file nor a folder.")
        with path.open("rb") as file:
            magic = file.read(264)
    except OSError as error:
        raise KindredError("no_source", f"{path} cannot be read: {error.strerror}.") from error
    if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_or_workbook(path)
    if is_tar(path):
        return _unpacked(Tar(path))
    for start, kind in _UNSUPPORTED.items():
        if magic.startswith(start):
            raise KindredError(
                "unsupported",
                f"{path.name} is {kind} archive; unpack it and import the folder or a ZIP of it.",
            )
    tree = _unpacked(Folder(path))
    if (kind := compressed.kind(magic)) and (path.name in tree.sizes or not tree.sizes):
        raise KindredError(
            "damaged",
            f"{path.name} is damaged, or a {kind} file without a table or archive in it; pack or "
            "download it again.",
        )
    return tree


def _with_archives(folder: Folder) -> Folder:
    """List what is in the archives of a folder, such as the parts of a large download."""
    for name in folder.names(*ARCHIVES)[:_ARCHIVES]:
        path = folder.path / name
        try:
            tree = Tar(path) if is_tar(path) else _zip_or_workbook(path)
        except KindredError as error:
            folder.refuse(name, error.message)
            continue
        if isinstance(tree, Zip | Tar):
            folder.mount(name, _unpacked(tree))
    return folder


def _unpacked(tree: Tree) -> Tree:
    tree.unpack()
    return tree


def _zip_or_workbook(path: Path) -> Tree:
    """Open a ZIP; a workbook, which is one too, counts as a single file."""
    tree = Zip(path)
    media_type = tree.head("mimetype", 80) if "mimetype" in tree.sizes else b""
    is_office = "[Content_Types].xml" in tree.sizes
    if b"spreadsheet" in media_type or (is_office and any(n.startswith("xl/") for n in tree.sizes)):
        tree.close()
        return Folder(path)
    if is_office or b"opendocument" in media_type:
        tree.close()
        raise KindredError(
            "unsupported",
            f"{path.name} is an office document; save its table as CSV and import that.",
        )
    return _unpacked(tree)
