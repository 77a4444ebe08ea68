"""Which names a corpus may have."""

from __future__ import annotations

import re
from collections.abc import Collection

from backend.corpus.remote import is_remote
from backend.domain import KindredError
from backend.settings import SHIPPED_CORPORA

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")


def check_name(name: str, remote: Collection[str] = ()) -> None:
    """Check the name of a corpus that is to be written.

    Parameters
    ----------
    name : str
    remote : collection of str
        Corpora on object storage that the user of this process named. No others may be
        written, as this process would write them with its own credentials.

    Raises
    ------
    KindredError
        ``bad_name``.
    """
    if is_remote(name) and name in remote:
        return
    if not NAME.fullmatch(name) or name in SHIPPED_CORPORA:
        raise KindredError(
            "bad_name",
            f"{name[:60]!r} cannot be the name of a corpus. Use up to 48 lower-case letters, "
            f"digits, hyphens and underscores, and not {' or '.join(map(repr, SHIPPED_CORPORA))}.",
        )
