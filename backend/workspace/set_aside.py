"""Set aside what is damaged, so that it is in nobody's way and nothing is lost."""

from __future__ import annotations

import secrets
from pathlib import Path

from backend.bundles import active
from backend.core.files import storing
from backend.core.writable import check_writable
from backend.domain import KindredError
from backend.settings import SHIPPED_CORPORA
from backend.workspace.context import WorkspaceContext

FOLDER = "set-aside"  # of a workspace


class SetAside:
    """Moves damaged parts of a workspace into its folder ``set-aside``."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context

    @property
    def folder(self) -> Path:
        """Where they go."""
        return self._context.home / FOLDER

    def bundle(self) -> None:
        """Set the chosen bundle aside, and use the shipped one.

        Raises
        ------
        KindredError
            ``read_only``, ``not_stored``, and ``no_bundle`` where none of this workspace is in
            the way.
        """
        home = self._context.home
        name = active.chosen_bundle(home) or active.configured_bundle()
        path = home / "bundles" / name
        if not path.is_dir():
            raise KindredError("no_bundle", "No bundle of this workspace is in use.")
        self._move(path, "bundle")
        active.choose_bundle(home, None)
        self._context.reload()

    def corpus(self, name: str) -> None:
        """Set a corpus aside with all its files.

        Raises
        ------
        KindredError
            ``shipped``, ``no_corpus``, ``import_busy``, ``read_only``, ``not_stored``.
        """
        path = self._context.home / "corpora" / name
        if name in SHIPPED_CORPORA:
            raise KindredError("shipped", "The corpora that come with Kindred stay.")
        if name not in self._context.corpora() or not path.is_dir():
            raise KindredError("no_corpus", f"There is no corpus {name[:60]!r} here.")
        if self._context.imports.running(name):
            raise KindredError("import_busy", f"An import into {name} is running; cancel it first.")
        self._move(path, "corpus")
        self._context.evict(name)

    def selections(self, corpus: str | None = None) -> None:
        """Set the damaged saved selections of a corpus aside.

        Raises
        ------
        KindredError
            ``read_only``, ``not_stored``.
        """
        for file in self._context.selections.damaged(corpus):
            self._move(file, "selection")

    def _move(self, path: Path, kind: str) -> None:
        check_writable(path)
        with storing("It was not set aside"):
            self.folder.mkdir(parents=True, exist_ok=True)
            path.rename(self.folder / f"{kind}-{secrets.token_hex(3)}-{path.name}")
