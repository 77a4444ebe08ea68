"""Folders of what people stored beside a corpus: each belongs to one corpus, whatever its name.

A corpus that is deleted by hand leaves its folder behind; another corpus of the same name must
not inherit it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import suppress
from pathlib import Path

from backend.core.files import storing, write_atomically
from backend.core.writable import check_writable

_OWNER = ".corpus"  # a file in the folder: the id of its corpus


class SideFiles:
    """Files that people stored beside the corpora, in a folder for each.

    Parameters
    ----------
    folder : pathlib.Path
        Created by the first save.
    uid : str
        Id of the corpus that is asked about, which tells it from earlier ones of its name.
    """

    def __init__(self, folder: Path, uid: str = "") -> None:
        self._folder, self._uid = folder, uid

    def folder_of(self, corpus: str) -> Path:
        """Return the folder of what is stored beside a corpus."""
        return self._folder / slug(corpus)

    def _files(self, corpus: str, ending: str) -> list[Path]:
        folder = self.folder_of(corpus)
        return sorted(folder.glob(f"*{ending}")) if belongs(folder, self._uid) else []

    def _delete(self, file: Path, failed: str) -> None:
        check_writable(file)
        if belongs(file.parent, self._uid):
            with storing(failed):
                file.unlink(missing_ok=True)


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


def slug(name: str) -> str:
    """Return a unique and safe file name for a name."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return f"{plain}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:12]}"
