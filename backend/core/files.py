"""Files that are written atomically."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from backend.core.lru import LRU
from backend.core.writable import check_writable

_SUFFIX = ".kindred-draft"  # that no other program uses: people's own folders are written to
_STALE = 24 * 3600.0  # seconds since the last change of a draft that nobody writes any more

_last_removal: LRU[Path, float] = LRU(1024)  # when a folder was searched for stale drafts


@contextmanager
def atomic_write(path: Path, *, private: bool = False, needed: bool = False) -> Iterator[Path]:
    """Yield the path of a draft, which replaces `path` at the end.

    A reader sees the old file or the new one, never half of one, also while several
    processes write to the same path. After an exception `path` is as it was and the
    draft is removed. The draft of a process that was killed is removed a day later, when
    something is written to the folder.

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
    _remove_stale_drafts(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_SUFFIX}")
    try:
        if private:
            draft.touch(0o600, exist_ok=False)
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _remove_stale_drafts(folder: Path) -> None:
    now = time.time()
    if now - (_last_removal.get(folder) or 0.0) < _STALE:
        return  # large folders take a while to list
    _last_removal.put(folder, now)
    for draft in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError):  # another process removes it, too
            if now - draft.stat().st_mtime > _STALE:
                draft.unlink()


def write_atomically(
    path: Path, data: bytes | memoryview, *, private: bool = False, needed: bool = False
) -> None:
    """Write bytes as `atomic_write` does."""
    with atomic_write(path, private=private, needed=needed) as draft:
        draft.write_bytes(data)


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Write JSON as `atomic_write` does; what JSON does not know is written as its string."""
    text = json.dumps(value, ensure_ascii=False, default=str, indent=indent)
    write_atomically(path, text.encode("utf-8"))
