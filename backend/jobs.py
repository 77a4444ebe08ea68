"""What jobs that last share: files that are whole or not there, and who works on one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from filelock import FileLock, Timeout

from backend.posts import KindredError

_LOCK = ".lock"


class Staged(Protocol):
    """A state."""

    @property
    def stage(self) -> str:
        """What is being done."""
        ...


S = TypeVar("S", bound=Staged)


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


def looked_at(
    told: Callable[[], S], working: Collection[str], busy: Callable[[], bool]
) -> tuple[S, bool]:
    """What a job says of itself, and whether it was left in the middle of its work.

    Parameters
    ----------
    told : callable
        Reads the state that was written down last.
    working : collection of str
        Stages in which somebody works on it.
    busy : callable
        Whether anybody does.
    """
    found = told()
    if found.stage not in working or busy():
        return found, False
    found = told()  # it may have ended between the two looks
    return found, found.stage in working


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
