"""Files that are written atomically."""

from __future__ import annotations

import errno
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from backend.core.lru import LRU
from backend.core.writable import check_writable
from backend.domain import KindredError

_SUFFIX = ".kindred-tmp"  # that no other program uses: people's own folders are written to
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_STALE = 24 * 3600.0  # seconds since the last change of a file that nobody writes any more

_last_removal: LRU[Path, float] = LRU(1024)  # when a folder was searched for stale temporary files


@contextmanager
def atomic_write(path: Path, *, private: bool = False, needed: bool = False) -> Iterator[Path]:
    """Yield the path of a temporary file, which replaces `path` at the end.

    A reader sees the old file or the new one, never half of one, also while several
    processes write to the same path. After an exception `path` is as it was and the
    temporary file is removed. That of a process that was killed is removed a day later,
    when something is written to the folder.

    Parameters
    ----------
    path : pathlib.Path
        In a folder that exists.
    private : bool
        Whether only the owner may read the file.
    needed : bool
        Whether the program itself needs the file, as it does copies of what lies elsewhere:
        then a demo writes it, too.

    Raises
    ------
    KindredError
        ``read_only`` in the workspace of a demo.
    """
    if not needed:
        check_writable(path)
    _remove_stale(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_SUFFIX}")
    try:
        if private:
            temporary.touch(0o600, exist_ok=False)
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_stale(folder: Path) -> None:
    now = time.time()
    if now - (_last_removal.get(folder) or 0.0) < _STALE:
        return  # large folders take a while to list
    _last_removal.put(folder, now)
    for temporary in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError):  # another process removes it, too
            if now - temporary.stat().st_mtime > _STALE:
                temporary.unlink()


def write_atomically(
    path: Path, data: bytes | memoryview, *, private: bool = False, needed: bool = False
) -> None:
    """Write bytes as `atomic_write` does."""
    with atomic_write(path, private=private, needed=needed) as temporary:
        temporary.write_bytes(data)


@contextmanager
def storing(failed: str) -> Iterator[None]:
    """Turn what the file system refuses into a sentence that says what to do.

    Parameters
    ----------
    failed : str
        What has not happened then, such as "The selection was not saved".

    Raises
    ------
    KindredError
        ``not_stored``.
    """
    try:
        yield
    except OSError as error:
        raise KindredError("not_stored", f"{failed}: {refusal(error)}") from error


def refusal(error: OSError) -> str:
    """Return why the file system refused something, and what to do."""
    return disk_refusal(error) or f"{(error.strerror or str(error))[:200]}."


def disk_refusal(error: BaseException) -> str:
    """Return that a disk is full or may not be written, and what to do; empty for other errors.

    Libraries in other languages tell it in the text of their errors only.
    """
    number, text = getattr(error, "errno", None), str(error)
    if number in _FULL or any(f"(os error {n})" in text for n in _FULL):
        return "the disk is full. Free some space and try again."
    if number in _FORBIDDEN or any(f"(os error {n})" in text for n in _FORBIDDEN):
        where = getattr(error, "filename", None) or "its folder"
        return f"Kindred may not write to {where}. Change its permissions, or set KINDRED_HOME."
    return ""


def as_kindred_error(error: BaseException) -> KindredError | None:
    """Return what users are told of a full disk or a folder that may not be written.

    For where errors end that nobody expected: pages, the API, commands and jobs.

    Returns
    -------
    KindredError or None
        ``not_stored``; None for other errors.
    """
    refused = disk_refusal(error)
    return KindredError("not_stored", f"Nothing was stored: {refused}") if refused else None


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Write JSON as `atomic_write` does; what JSON does not know is written as its string."""
    text = json.dumps(value, ensure_ascii=False, default=str, indent=indent)
    write_atomically(path, text.encode("utf-8"))
