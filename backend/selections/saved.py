"""Saved selections of a workspace."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from contextlib import suppress
from pathlib import Path

from backend.core.files import storing, write_atomically
from backend.core.side_folder import SideFiles, belongs, claim, slug
from backend.core.writable import check_writable
from backend.domain import Kind, KindredError, Selection

log = logging.getLogger(__name__)

_DAMAGED = (EOFError, KeyError, OSError, RecursionError, TypeError, ValueError, zlib.error)
_MAX_NAME = 80  # characters of a name


def check_savable(selection: Selection) -> None:
    """Check the name and the size of a selection that is to be saved.

    Raises
    ------
    KindredError
        ``selection_name`` or ``empty_selection``.
    """
    name = selection.name
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        message = f"Give the selection a name of 1 to {_MAX_NAME} characters."
        raise KindredError("selection_name", message)
    if not selection.ids:
        message = "The selection is empty; select something before you save it."
        raise KindredError("empty_selection", message)


class SavedSelections(SideFiles):
    """The saved selections, one file each."""

    def names(self, corpus: str) -> list[str]:
        """List the names of the selections saved for a corpus, sorted."""
        names = []
        for file in self._files(corpus, ".json.gz"):
            with suppress(KindredError):  # `damaged` lists it
                names.append(_read(file).name)
        return sorted(names, key=lambda n: (n.lower(), n))

    def damaged(self, corpus: str) -> list[Path]:
        """List the files of a corpus that cannot be read."""
        return [file for file in self._files(corpus, ".json.gz") if not _is_readable(file)]

    def save(self, selection: Selection) -> None:
        """Save a selection under its name; replace one of the same name.

        Raises
        ------
        KindredError
            ``selection_name``, ``empty_selection`` or ``not_stored``.
        """
        check_savable(selection)
        name = selection.name
        raw = {
            "name": name,
            "kind": selection.kind.value,
            "origin": selection.origin,
            "corpus": selection.corpus,
            "ids": list(selection.ids),
        }
        file = self._file(selection.corpus, name)
        check_writable(file)
        packed = gzip.compress(json.dumps(raw, ensure_ascii=False).encode("utf-8"), mtime=0)
        with storing("The selection was not saved"):
            claim(file.parent, self._uid)
            write_atomically(file, packed, private=True)

    def open(self, name: str, corpus: str) -> Selection:
        """Read a selection by its name.

        Raises
        ------
        KindredError
            ``no_selection``, with the known names, or ``damaged``.
        """
        file = self._file(corpus, name)
        if not file.is_file() or not belongs(file.parent, self._uid):
            known = ", ".join(self.names(corpus)) or "none yet"
            message = f"No selection of {corpus} is called {name!r}; saved selections: {known}."
            raise KindredError("no_selection", message)
        return _read(file)

    def delete(self, name: str, corpus: str) -> None:
        """Delete a selection, if it exists."""
        self._delete(self._file(corpus, name), "The selection was not deleted")

    def _file(self, corpus: str, name: str) -> Path:
        return self.folder_of(corpus) / f"{slug(name)}.json.gz"


def _is_readable(file: Path) -> bool:
    try:
        _read(file)
    except KindredError as error:
        log.warning("a saved selection is left out: %s", error.message)
        return False
    return True


def _read(file: Path) -> Selection:
    try:
        raw = json.loads(gzip.decompress(file.read_bytes()))
        texts = [raw[key] for key in ("kind", "origin", "corpus", "name")]
        ids = tuple(raw["ids"])
        if not all(isinstance(text, str) for text in (*texts, *ids)):
            raise ValueError("it holds something else than texts")
        kind, origin, corpus, name = texts
        return Selection(Kind(kind), ids, origin, corpus, name)
    except _DAMAGED as error:
        raise KindredError("damaged", f"{file} cannot be read: {error}. Delete it.") from None
