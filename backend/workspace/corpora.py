"""Manage the corpora of a workspace: list, digest and delete them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backend.core.writable import check_writable
from backend.corpus import Corpus
from backend.corpus.bulk_commit import IMPORTS
from backend.corpus.digest import content_digest
from backend.corpus.model_outputs import REACTIONS
from backend.corpus.remote import corpus_location
from backend.domain import KindredError, Modality
from backend.error_analysis.relabels import Relabels
from backend.settings import SHIPPED_CORPORA
from backend.workspace.context import WorkspaceContext
from backend.workspace.corpus_names import NAME
from backend.workspace.deletion import delete_corpus, finish_deletions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CorpusCard:
    """A corpus as shown on the Corpora page.

    Attributes
    ----------
    name, path : str
    posts, users, reactions : int
    modalities : mapping of Modality to int
    bytes : int
        On disk.
    sources : tuple of (str, str, datetime)
        Source, format and time of each import, newest first.
    shipped : bool
    problem : str
        Why it cannot be opened; empty if it can.
    """

    name: str
    path: str
    posts: int = 0
    users: int = 0
    reactions: int = 0
    modalities: Mapping[Modality, int] | None = None
    bytes: int = 0
    sources: tuple[tuple[str, str, datetime], ...] = ()
    shipped: bool = False
    problem: str = ""


def side_uid(corpus: Corpus) -> str:
    """Return the id that folders beside a corpus carry.

    Shipped corpora are made anew by other versions of Kindred and keep what is beside them.
    """
    return corpus.uid if corpus.name not in SHIPPED_CORPORA else ""


def relabels_of(context: WorkspaceContext, corpus: str, label: str) -> Relabels:
    """Return the corrections of a label of a corpus."""
    return Relabels(context.home / "relabels", corpus, label, side_uid(context.corpus(corpus)))


def openable(context: WorkspaceContext) -> list[Corpus]:
    """Open all corpora; a damaged one is left out and does not take the others along."""
    opened = []
    for name in context.corpora():
        try:
            opened.append(context.corpus(name))
        except KindredError as error:
            log.warning("a corpus is left out: %s", error.message)
    return opened


class CorpusAdmin:
    """The corpora of a workspace."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context

    def cards(self) -> list[CorpusCard]:
        """Return a card for each corpus, the shipped ones first, including damaged ones."""
        return [self._card(name) for name in self._context.corpora()]

    def _card(self, name: str) -> CorpusCard:
        path = corpus_location(self._context.home, name)
        try:
            corpus = self._context.corpus(name)
            info = corpus.info()
            reactions = corpus.side_table(REACTIONS)
            imports = corpus.side_table(IMPORTS)
        except KindredError as error:
            return CorpusCard(name, str(path), bytes=_size(path), problem=error.message)
        rows = imports.to_pylist() if imports is not None else []
        return CorpusCard(
            name,
            str(path),
            info.posts,
            info.users,
            len(reactions) if reactions is not None else 0,
            info.modalities,
            _size(path),
            tuple((r["source"], r["format"], r["time"]) for r in reversed(rows)),
            shipped=name in SHIPPED_CORPORA,
        )

    def delete(self, name: str) -> None:
        """Delete a corpus; it disappears at once, its files shortly after.

        Raises
        ------
        KindredError
            ``shipped``, ``no_corpus``, ``import_busy``, ``read_only``.
        """
        check_writable()
        path = self._context.home / "corpora" / name
        if name in SHIPPED_CORPORA:
            raise KindredError("shipped", "The corpora that come with Kindred cannot be deleted.")
        if not NAME.fullmatch(name.lower()) or not path.is_dir():
            raise KindredError("no_corpus", f"There is no corpus {name[:60]!r} here.")
        if self._context.imports.running(name):
            raise KindredError("import_busy", f"An import into {name} is running; cancel it first.")
        delete_corpus(self._context.home, name)
        self._context.evict(name)
        self._context.imports.dismiss(name)

    def finish_deletions(self) -> None:
        """Finish deletions that were killed half-way."""
        finish_deletions(self._context.home)

    def digest(self, name: str) -> str:
        """Return a hash of the contents of a corpus; see `content_digest`."""
        return content_digest(self._context.corpus(name))


def _size(path: Path | str) -> int:
    if isinstance(path, str):
        return 0  # on object storage: it would take a request for every file
    try:
        return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    except OSError:
        return 0  # files may disappear meanwhile
