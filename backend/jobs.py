"""What jobs that last share: files that are whole or not there, and who works on one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from backend.posts import KindredError

_LOCK = ".lock"


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_text(json.dumps(value, ensure_ascii=False, default=str), "utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def busy(folder: Path) -> bool:
    """Whether a process works on the job in a folder."""
    try:
        # Not at once: somebody else who asks holds the lock for a moment, too.
        with FileLock(folder / _LOCK, timeout=0.05, poll_interval=0.01, is_singleton=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False


@contextmanager
def held(folder: Path, refusal: KindredError) -> Iterator[None]:
    """Work on the job in a folder; the system lets go when the process dies.

    Raises
    ------
    KindredError
        `refusal`, when another one does already.
    """
    try:
        # Not at once: who asks whether it is busy holds the lock for a moment, too.
        with FileLock(folder / _LOCK, timeout=1.0, is_singleton=False):
            yield
    except Timeout:
        raise refusal from None
