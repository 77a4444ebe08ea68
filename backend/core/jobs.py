"""What jobs that last share: files that are whole or not there, and who works on one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from filelock import FileLock, Timeout

from backend.domain import KindredError
from backend.settings import ROOT

_LOCK = ".lock"


class HasStage(Protocol):
    """A state."""

    @property
    def stage(self) -> str:
        """What is being done."""
        ...


S = TypeVar("S", bound=HasStage)


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


def read_checked(
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
def exclusive(folder: Path, refusal: KindredError) -> Iterator[None]:
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


def begin(command: Sequence[str], home: Path, log: Path) -> subprocess.Popen[bytes]:
    """Run a command of ``python -m backend`` beside this process, on the same workspace.

    Parameters
    ----------
    command : sequence of str
        What comes after ``python -m backend``.
    home : pathlib.Path
        Of the workspace.
    log : pathlib.Path
        Gets what it prints, behind what is there.

    Raises
    ------
    KindredError
        ``not_started``.
    """
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with log.open("ab") as file:
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "backend", *command],
                env={**os.environ, "KINDRED_HOME": str(home), "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        except OSError as error:
            raise KindredError(
                "not_started", f"No process could be started: {error.strerror}."
            ) from error
