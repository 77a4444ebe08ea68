"""What a part of the facade may ask of the workspace that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from backend.affect import AffectModel
from backend.bundles.bundle import Bundle
from backend.bundles.embedder import Embedder
from backend.corpus import Corpus
from backend.domain import Kind
from backend.maps import Column, Map
from backend.search import Filter, Query, Searcher, SearchResult
from backend.workspace.uploads import Uploads


class HasMaps(Protocol):
    """What parts ask of the atlas."""

    def map(self, kind: Kind, corpus: str | None = None) -> Map:
        """A map."""
        ...

    def column(self, kind: Kind, name: str, corpus: str | None = None) -> Column:
        """A column of it."""
        ...


class HasUnits(Protocol):
    """What parts ask of the selections."""

    def units(self, kind: Kind, corpus: str | None = None) -> Any:
        """All posts or users of a corpus with their columns."""
        ...


class HasImports(Protocol):
    """What parts ask of the imports."""

    def running(self, corpus: str) -> bool:
        """Whether an import into a corpus is at work."""
        ...

    def dismiss(self, corpus: str) -> None:
        """Forget the imports into a corpus that is gone."""
        ...


class WorkspaceContext(Protocol):
    """The workspace, as its parts see it; they must not import the facade above them."""

    home: Path
    uploads: Uploads

    @property
    def bundle(self) -> Bundle:
        """The active bundle."""
        ...

    @property
    def embedder(self) -> Embedder:
        """Its encoders and joint space."""
        ...

    @property
    def selections(self) -> HasUnits:
        """Sets of posts or users."""
        ...

    @property
    def maps(self) -> HasMaps:
        """Its maps."""
        ...

    @property
    def affect(self) -> AffectModel:
        """Its affect heads."""
        ...

    @property
    def imports(self) -> HasImports:
        """Imports at work."""
        ...

    def corpora(self) -> list[str]:
        """Names of the corpora."""
        ...

    def reload(self) -> None:
        """Forget the loaded models: the active bundle has changed."""
        ...

    def forget(self, corpus: str) -> None:
        """Open a corpus anew when it is next asked for."""
        ...

    def corpus(self, name: str | None = None) -> Corpus:
        """A corpus by name."""
        ...

    def search(
        self,
        query: Query | str,
        targets: Sequence[Kind],
        k: int = 10,
        filters: Filter | None = None,
        corpus: str | None = None,
    ) -> SearchResult:
        """From anything to anything."""
        ...

    def _searcher(self, corpus: str | None) -> Searcher: ...
