"""The rows of a workbook, written once by another process and then read as they come.

calamine holds a sheet as a whole, with the empty cells between those that are filled, and ends
its process where memory does not suffice; meanwhile no other thread of the process runs.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from weakref import WeakKeyDictionary

from backend.core.lru import LRU
from backend.domain import KindredError
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.time_limit import (
    OutOfTimeError,
    check_time,
    count_time,
    is_limited,
    time_left,
)
from backend.settings import settings

SECONDS = 120.0  # of a core, for all sheets
MEMORY = 900 * 2**20  # bytes beyond what the process has at its start
OUTPUT = 4 * 2**30  # bytes on disk
CELLS = 50_000_000  # of a sheet
SHARE = 0.6  # of the time of a first look; the rows written until then are read
_KEPT = 8  # workbooks of a source, as files without a name
_PROGRAM = Path(__file__).with_name("workbook_process.py")
_HANGS = 10  # times the seconds of a core that may pass on a clock


@dataclass(frozen=True, slots=True)
class _Written:
    """What the process wrote; `cut` where a first look had no time for all, `failed` for another
    end before the last line.
    """

    file: IO[bytes]
    cut: bool
    failed: bool


_written: WeakKeyDictionary[Tree, LRU[str, _Written]] = WeakKeyDictionary()


def sheets(tree: Tree, name: str, data: bytes) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    """Yield the sheets of a workbook with their rows, which have to be read before the next.

    Parameters
    ----------
    tree : Tree
        What is written for it is kept until it is gone.
    name : str
        Of the workbook.
    data : bytes
        Of the workbook.

    Raises
    ------
    KindredError
        ``too_large``, ``encrypted`` or ``damaged``.
    OutOfTimeError
        After the rows that a first look has time for.
    OSError
        Where the disk is full.
    """
    known = _written.setdefault(tree, LRU(_KEPT))
    written = known.get(name)
    if written is None or (written.cut and not is_limited()):
        known.put(name, written := _write(data))
    if written.failed:
        raise KindredError(
            "too_large",
            f"{name} cannot be read: its sheets need too much memory or time, or are damaged. Save "
            "the sheet that you need as CSV.",
        )
    lines = _Lines(written.file)
    while (head := lines.head()) is not None:
        _check(name, head)
        if "end" in head:
            return
        yield head["sheet"], lines.rows()
    raise OutOfTimeError


class _Lines:
    """Lines that a process wrote, from the first one on."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._at = file, 0

    def head(self) -> dict[str, Any] | None:
        """Return the next line that is no row."""
        while (line := self._next()) is not None:
            if isinstance(line, dict):
                return line
        return None

    def rows(self) -> Iterator[list[Any]]:
        """Yield the rows up to the next line that is none."""
        at = self._at
        while isinstance(line := self._next(), list):
            at = self._at
            yield [datetime.fromisoformat(c[0]) if isinstance(c, list) else c for c in line]
        self._at = at

    def _next(self) -> Any:
        check_time()
        self._file.seek(self._at)  # others may read of the same file
        line = self._file.readline()
        if not line.endswith(b"\n"):
            return None  # the process was ended while it wrote
        self._at += len(line)
        return json.loads(line)


def _write(data: bytes) -> _Written:
    """Have another process write the rows."""
    seconds = min(SECONDS, SHARE * time_left())
    limits = (seconds, MEMORY, OUTPUT, settings().limits.columns, CELLS)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is gone with the tree
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-I", str(_PROGRAM), *map(str, limits)],
        stdin=subprocess.PIPE,
        stdout=file,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
    )
    try:
        process.communicate(data, _HANGS * seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    count_time(min(seconds, time.monotonic() - begin))
    if process.returncode == errno.ENOSPC:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    cut = process.returncode == -signal.SIGPROF and seconds < SECONDS
    return _Written(file, cut, failed=process.returncode != 0 and not cut)


def _check(name: str, head: dict[str, Any]) -> None:
    """Raise where the process says so, or a sheet is too large to be written."""
    if head.get("error") == "encrypted":
        raise KindredError(
            "encrypted", f"{name} is protected with a password; save it without one."
        )
    if "error" in head:
        raise KindredError("damaged", f"{name} is no workbook that can be read: {head['why']}.")
    sheet, width = head.get("sheet", ""), head.get("width", 0)
    if head.get("height", 0) * width > CELLS:
        raise KindredError("too_large", f"The sheet {sheet[:40]!r} of {name} has too many cells.")
    if width > settings().limits.columns:
        raise KindredError(
            "too_large",
            f"The sheet {sheet[:40]!r} of {name} has {width:,} columns and the limit is "
            f"{settings().limits.columns:,}.",
        )
