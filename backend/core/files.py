"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic_write(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield the path of a draft, which replaces `path` at the end.

    A reader sees the old file or the new one, never half of one, also while several
    processes write to the same path. After an exception `path` is as it was and the
    draft is removed.

    Parameters
    ----------
    path : pathlib.Path
        In a folder that exists.
    private : bool
        Whether only the owner may read the file.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        if private:
            draft.touch(0o600, exist_ok=False)
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes | memoryview, *, private: bool = False) -> None:
    """Write bytes as `atomic_write` does."""
    with atomic_write(path, private=private) as draft:
        draft.write_bytes(data)


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Write JSON as `atomic_write` does; what JSON does not know is written as its string."""
    text = json.dumps(value, ensure_ascii=False, default=str, indent=indent)
    write_atomically(path, text.encode("utf-8"))
