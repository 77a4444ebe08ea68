"""Files of lines that only grow. A line that a full disk or a kill tore costs nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from filelock import FileLock

_LOCK_SECONDS = 30.0


def append_lines(path: Path, lines: str, begin: Callable[[], bytes] = bytes) -> None:
    """Append lines, behind a new line where the last one was torn.

    Parameters
    ----------
    path : pathlib.Path
        In a folder that exists.
    lines : str
        Each with its end.
    begin : callable, optional
        Returns what a new file begins with.

    Raises
    ------
    OSError
        When it cannot be written; what fits of the lines may be.
    """
    with FileLock(f"{path}.lock", timeout=_LOCK_SECONDS), path.open("a+b") as file:
        if not file.tell():
            file.write(begin())
        if file.tell() and not _ends_with_newline(file):
            lines = "\n" + lines
        file.write(lines.encode())


def _ends_with_newline(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
