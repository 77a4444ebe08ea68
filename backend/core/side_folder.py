"""Folders of what people stored beside a corpus: each belongs to one corpus, whatever its name.

A corpus that is deleted by hand leaves its folder behind; another corpus of the same name must
not inherit it.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from backend.core.files import write_atomically

_OWNER = ".corpus"  # a file in the folder: the id of its corpus


def belongs(folder: Path, uid: str) -> bool:
    """Whether a folder is of the corpus with an id.

    Folders of earlier versions do not say whose they are and are taken as its own, as is any
    where the id is empty.
    """
    owner = ""
    with suppress(OSError, UnicodeDecodeError):
        owner = (folder / _OWNER).read_text("utf-8").strip()
    return not uid or not owner or owner == uid


def claim(folder: Path, uid: str) -> None:
    """Make the folder of a corpus; what another corpus left there is moved out of the way.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    if not belongs(folder, uid):
        folder.rename(folder.with_name(f".{folder.name}-left-{secrets.token_hex(4)}"))
    folder.mkdir(parents=True, exist_ok=True)
    if uid and not (folder / _OWNER).exists():
        write_atomically(folder / _OWNER, uid.encode())
