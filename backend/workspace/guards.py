"""Names that a corpus may have, and whether anything may be written."""

from __future__ import annotations

import re
from collections.abc import Collection

from backend.corpus.remote import is_remote
from backend.domain import KindredError
from backend.settings import SHIPPED_CORPUS, settings

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")


def check_name(name: str, remote: Collection[str] = ()) -> None:
    """Refuse a name that a corpus cannot have.

    Parameters
    ----------
    name : str
    remote : collection of str
        Places on object storage that whoever runs this named; nobody else's may be
        written to, for it would be done with this process's rights.

    Raises
    ------
    KindredError
        ``bad_name``.
    """
    if is_remote(name) and name in remote:
        return
    if not _NAME.fullmatch(name) or name == SHIPPED_CORPUS:
        raise KindredError(
            "bad_name",
            f"{name[:60]!r} cannot be the name of a corpus of yours: up to 48 small letters, "
            f"digits, hyphens and underscores, and not {SHIPPED_CORPUS!r}.",
        )


def check_writable() -> None:
    """Refuse to write in a demo.

    Raises
    ------
    KindredError
        ``read_only``.
    """
    if settings().demo:
        raise KindredError("read_only", "This is a demo: nothing that you bring is stored.")
