"""Deleting a corpus with all that belongs to it; a deletion that was killed is finished later.

The folder of the corpus gets a name that no corpus has, which makes it disappear at once;
what people stored next to it follows, and then the files go.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from backend.error_analysis import relabels
from backend.labelling import store as labels
from backend.selections.saved import SavedSelections
from backend.selections.views import SavedViews

_DELETED = re.compile(r"\.deleted-(.+)-[0-9a-f]{8}")


def delete_corpus(home: Path, name: str) -> None:
    """Delete the folder of a corpus, its corrections, labels, selections and views.

    Raises
    ------
    OSError
        When the folder cannot be renamed; nothing is deleted then.
    """
    path = home / "corpora" / name
    deleted = path.with_name(f".deleted-{name}-{secrets.token_hex(4)}")
    path.rename(deleted)
    _finish(home, name, deleted)


def finish_deletions(home: Path) -> None:
    """Finish deletions that were killed."""
    folder = home / "corpora"
    for deleted in folder.glob(".deleted-*") if folder.is_dir() else ():
        if found := _DELETED.fullmatch(deleted.name):
            _finish(home, found[1], deleted)


def _finish(home: Path, name: str, deleted: Path) -> None:
    if not (home / "corpora" / name).exists():  # or a new one has the name, and these are its own
        for folder in _beside(home, name):
            with suppress(OSError):
                folder.rename(deleted / f"{folder.parent.name}-{secrets.token_hex(4)}")
    shutil.rmtree(deleted, ignore_errors=True)


def _beside(home: Path, name: str) -> Iterator[Path]:
    """Yield the folders of what people stored next to a corpus."""
    yield relabels.folder_of(home / "relabels", name)
    yield SavedSelections(home / "selections").folder_of(name)
    yield SavedViews(home / "views").folder_of(name)
    yield labels.folder_of(home / "labels", name)
