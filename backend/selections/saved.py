"""Selections kept under a name, beside the corpora of a workspace."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

from backend.core.files import write_atomically
from backend.domain import Kind, KindredError, Selection

_MOST = 80  # characters of a name


class SavedSelections:
    """The selections that people saved, one file each.

    Parameters
    ----------
    folder : pathlib.Path
        Made when the first one is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self, corpus: str) -> list[str]:
        """Names of the selections saved for a corpus, sorted."""
        files = (self._folder / _slug(corpus)).glob("*.json.gz")
        return sorted((_read(file)["name"] for file in files), key=lambda n: (n.lower(), n))

    def save(self, selection: Selection) -> None:
        """Keep a selection under its name, in place of one with the same name.

        Raises
        ------
        KindredError
            ``selection_name`` or ``empty_selection``.
        """
        name = selection.name
        if not name or len(name) > _MOST or not name.isprintable():
            raise KindredError(
                "selection_name", f"Give the selection a name of 1 to {_MOST} characters."
            )
        if not selection.ids:
            raise KindredError("empty_selection", "There is nothing in the selection to save.")
        raw = {
            "name": name,
            "kind": selection.kind.value,
            "origin": selection.origin,
            "corpus": selection.corpus,
            "ids": list(selection.ids),
        }
        file = self._file(selection.corpus, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress(json.dumps(raw, ensure_ascii=False).encode("utf-8"), mtime=0)
        write_atomically(file, packed, private=True)

    def open(self, name: str, corpus: str) -> Selection:
        """A selection by its name.

        Raises
        ------
        KindredError
            ``no_selection`` with the names that there are, or ``damaged``.
        """
        file = self._file(corpus, name)
        if not file.is_file():
            known = ", ".join(self.names(corpus)) or "none yet"
            raise KindredError(
                "no_selection", f"No selection of {corpus} is called {name!r}; there are: {known}."
            )
        raw = _read(file)
        return Selection(
            Kind(raw["kind"]), tuple(raw["ids"]), raw["origin"], raw["corpus"], raw["name"]
        )

    def delete(self, name: str, corpus: str) -> None:
        """Forget a selection; one that is not there is no error."""
        self._file(corpus, name).unlink(missing_ok=True)

    def _file(self, corpus: str, name: str) -> Path:
        return self._folder / _slug(corpus) / f"{_slug(name)}.json.gz"


def _slug(name: str) -> str:
    """A name as a file name that no other name has and that leads nowhere else."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return f"{plain}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:12]}"


def _read(file: Path) -> dict:
    try:
        return dict(json.loads(gzip.decompress(file.read_bytes())))
    except (OSError, EOFError, ValueError) as error:
        raise KindredError("damaged", f"{file} cannot be read: {error}. Delete it.") from None
