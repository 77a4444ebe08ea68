"""What a reader of tables did not foresee becomes a sentence for the user."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from backend.core.files import as_kindred_error
from backend.core.logging import log_numbered
from backend.domain import KindredError

log = logging.getLogger(__name__)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever a reader raises into one `KindredError`.

    The libraries that read tables raise almost any exception for bytes that they do not expect.
    Such a cause is logged under a random number, which the sentence names: it is a fault of the
    reader, too.

    Parameters
    ----------
    name : str
        Of the source, for the sentence.

    Raises
    ------
    KindredError
        ``unreadable``, or the one raised inside.
    MemoryError, OSError
        What says nothing of the source: too little memory, a disk that is full or closed.
    """
    try:
        yield
    except (KindredError, MemoryError):
        raise
    except Exception as error:
        if as_kindred_error(error):
            raise
        number = log_numbered(log, "a source could not be read", error)
        raise KindredError(
            "unreadable",
            f"{name[:80]} cannot be read: it holds something that no reader knows. Save it again, "
            f"as CSV or JSON lines, or tell the administrator this error ID: {number}.",
        ) from error
