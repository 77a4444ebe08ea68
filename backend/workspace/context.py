"""The interface of a workspace for its services, which must not import it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # an import of posts, say, needs no maps
    from collections.abc import Sequence
    from pathlib import Path

    from backend.bundles.bundle import Bundle
    from backend.core.progress import Progress
    from backend.corpus import Corpus
    from backend.domain import Kind, Selection
    from backend.maps import Column, Map
    from backend.search import Filter, Query, Searcher, SearchResult
    from backend.selections.item_table import ItemTable
    from backend.trends import Burst, Change
    from backend.workspace.dated import Dated
    from backend.workspace.loaded_models import LoadedModels
    from backend.workspace.query_encoder import QueryModels
    from backend.workspace.uploads import Uploads
    from backend.workspace.visitor_memory import VisitorMemory


def corpus_key(context: WorkspaceContext, corpus: str | None) -> tuple[str, str, str]:
    """Return the key of what is computed from a version of a corpus and the bundle it uses."""
    opened = context.corpus(corpus)
    return opened.uri, opened.version, context.bundle_of(corpus)


class HasMaps(Protocol):
    """The maps, as other services use them."""

    def map(self, kind: Kind, corpus: str | None = None) -> Map:
        """Return a map."""

    def has(self, kind: Kind, corpus: str | None = None) -> bool:
        """Whether there is a map."""

    def make(
        self, kind: Kind, corpus: str | None = None, *, progress: Progress | None = None
    ) -> Map:
        """Build a map and store it."""

    def column(self, kind: Kind, name: str, corpus: str | None = None) -> Column:
        """Return a column of a map."""


class HasItemTable(Protocol):
    """The selections, as other services use them."""

    def damaged(self, corpus: str | None = None) -> list[Path]:
        """List the files of saved selections that cannot be read."""

    def item_table(self, kind: Kind, corpus: str | None = None) -> ItemTable:
        """Return all posts or users of a corpus with their columns."""


class HasReactions(Protocol):
    """Who reacts to whom, as other services use it."""

    def between(
        self, user: str, others: Sequence[str], corpus: str | None = None
    ) -> dict[str, int]:
        """Count the reactions between a user and others."""


class HasTrends(Protocol):
    """What changes over time, as other services use it."""

    def dated(self, corpus: str | None = None) -> Dated:
        """Return the posts of a corpus that have a time."""

    def of_selection(self, selection: Selection) -> tuple[tuple[Burst, ...], tuple[Change, ...]]:
        """Find the bursts and the changes of feeling of a selection."""


class HasImports(Protocol):
    """The imports, as other services use them."""

    def running(self, corpus: str) -> bool:
        """Whether an import into a corpus is running."""

    def dismiss(self, corpus: str) -> None:
        """Delete the finished imports into a deleted corpus."""


class WorkspaceContext(Protocol):
    """A workspace, as its services use it."""

    home: Path
    uploads: Uploads
    visitor_memory: VisitorMemory

    @property
    def bundle(self) -> Bundle:
        """The active bundle."""

    @property
    def models(self) -> LoadedModels:
        """The active bundle and its models; take them once for all of a request."""

    def bundle_of(self, corpus: str | None = None) -> str:
        """Return the bundle whose vectors a corpus is used with."""

    def models_of(self, corpus: str | None = None) -> QueryModels:
        """Return the models that a corpus was encoded with."""

    @property
    def selections(self) -> HasItemTable:
        """Selections of posts or users."""

    @property
    def maps(self) -> HasMaps:
        """Maps of posts and users."""

    @property
    def reactions(self) -> HasReactions:
        """Who reacts to whom."""

    @property
    def trends(self) -> HasTrends:
        """Posts over time."""

    @property
    def imports(self) -> HasImports:
        """Imports of posts."""

    def corpora(self) -> list[str]:
        """Return the names of the corpora."""

    def reload(self) -> None:
        """Drop the loaded models, because the active bundle has changed."""

    def evict(self, corpus: str) -> None:
        """Drop an open corpus, so that it is opened again."""

    def corpus(self, name: str | None = None) -> Corpus:
        """Return a corpus by name, the default one without."""

    def search(
        self,
        query: Query | str,
        targets: Sequence[Kind],
        k: int = 10,
        filters: Filter | None = None,
        corpus: str | None = None,
        *,
        distinct: bool = True,
    ) -> SearchResult:
        """Search posts, users or words for a query."""

    def searcher(self, corpus: str | None = None) -> Searcher:
        """Return what searches a corpus under the active bundle."""
