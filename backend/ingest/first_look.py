"""Opening a source for a first look, which ends after so much time of a core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import thread_time

from backend.domain import KindredError
from backend.ingest.readers.archives import open_tree
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.time_limit import OutOfTimeError, time_limit

TOO_SLOW = "too_slow"  # code of an error
# Shares of the time for rows: listing an archive of very many files may take longer than they
# do, and then leaves them less.
_OPENING, _WHOLE = 1.25, 1.75


@contextmanager
def opened(source: Path, seconds: float | None) -> Iterator[Tree]:
    """Open a source; what the block reads of it ends with `OutOfTimeError`.

    Parameters
    ----------
    source : pathlib.Path
    seconds : float or None
        Of this thread's work on rows; with opening it is 1.75 times that at most. None: no limit.

    Raises
    ------
    KindredError
        ``too_slow`` when opening alone takes too long, and as `open_tree`.
    """
    begin = thread_time()
    try:
        with time_limit(None if seconds is None else _OPENING * seconds):
            tree = open_tree(source)
    except OutOfTimeError:
        raise too_slow(source.name) from None
    if seconds is not None:
        seconds = min(seconds, _WHOLE * seconds - (thread_time() - begin))
    with closing(tree), time_limit(seconds):
        yield tree


def too_slow(name: str) -> KindredError:
    """Return the error of a first look that found nothing in its time."""
    return KindredError(
        TOO_SLOW,
        f"Reading {name} takes longer than a first look may. Check all rows, which may take "
        "minutes.",
    )
