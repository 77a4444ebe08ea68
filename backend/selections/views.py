"""Views of a workspace: the settings of a page under a name, one file each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from backend.core.files import storing, write_atomically
from backend.core.side_folder import SideFiles, claim, slug
from backend.core.writable import check_writable
from backend.domain import KindredError

MAX_NAME = 80  # characters
MAX_SETTINGS = 4_000  # characters of names and values together


@dataclass(frozen=True, slots=True)
class View:
    """The settings of a page under a name.

    Attributes
    ----------
    name, page : str
    settings : mapping of str to str
        Parameters of the page's address, without the corpus.
    """

    name: str
    page: str
    settings: Mapping[str, str]


def checked(view: View) -> View:
    """Return a view with a tidy name.

    Raises
    ------
    KindredError
        ``view_name``, or ``view_size`` if its settings are too long.
    """
    name = " ".join(view.name.split())
    if not name or len(name) > MAX_NAME:
        raise KindredError("view_name", f"Enter a name of 1 to {MAX_NAME} characters.")
    if sum(len(k) + len(v) for k, v in view.settings.items()) > MAX_SETTINGS:
        raise KindredError("view_size", "This view has too many filters to be saved.")
    return replace(view, name=name)


class SavedViews(SideFiles):
    """The saved views of the corpora, one file each."""

    def list(self, corpus: str) -> list[View]:
        """Return the views of a corpus, sorted by name; unreadable ones are left out."""
        found = []
        for file in self._files(corpus, ".json"):
            with suppress(KindredError):
                found.append(_read(file))
        return sorted(found, key=lambda view: (view.name.lower(), view.name, view.page))

    def save(self, view: View, corpus: str) -> View:
        """Save a view; replace one of the same page and name.

        Raises
        ------
        KindredError
            ``view_name``, ``view_size`` or ``not_stored``.
        """
        view = checked(view)
        file = self._file(corpus, view.page, view.name)
        check_writable(file)
        with storing("The view was not saved"):
            claim(file.parent, self._uid)
            raw = asdict(view) | {"settings": dict(view.settings)}
            write_atomically(file, json.dumps(raw, ensure_ascii=False).encode(), private=True)
        return view

    def delete(self, page: str, name: str, corpus: str) -> None:
        """Delete a view, if it exists."""
        self._delete(self._file(corpus, page, name), "The view was not deleted")

    def _file(self, corpus: str, page: str, name: str) -> Path:
        return self.folder_of(corpus) / f"{slug(f'{page} {name}')}.json"


def _read(file: Path) -> View:
    try:
        raw = json.loads(file.read_bytes())
        settings = raw["settings"]
        texts = [raw["name"], raw["page"], *settings, *settings.values()]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("it holds something else than texts")
        return View(raw["name"], raw["page"], settings)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KindredError("damaged", f"{file} cannot be read: {error}. Delete it.") from None
