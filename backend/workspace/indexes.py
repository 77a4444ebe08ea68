"""Building search indexes ahead of the first search."""

from __future__ import annotations

from collections.abc import Callable

from backend.domain import Kind
from backend.search import IndexChoice, choices, prepare
from backend.workspace.context import WorkspaceContext


class Indexes:
    """The search indexes of the corpora."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context

    def choices(self, corpus: str | None = None) -> list[IndexChoice]:
        """Return how each kind of vectors of a corpus is searched, without opening an index."""
        opened = self._context.corpus(corpus)
        return choices(opened, self._context.bundle.name)

    def make(
        self, corpus: str | None = None, *, progress: Callable[[Kind, int, int], None] | None = None
    ) -> list[IndexChoice]:
        """Build or update all indexes that are stored on disk, and return all `choices`.

        `progress` is called with the kind, the vectors done and all vectors.
        """
        opened = self._context.corpus(corpus)
        opened.refresh()
        for choice in self.choices(corpus):
            if choice.way != "exact":
                kind = choice.kind

                def report(done: int, total: int, kind: Kind = kind) -> None:
                    if progress is not None:
                        progress(kind, done, total)

                prepare(opened, self._context.bundle.name, kind, progress=report)
        return self.choices(corpus)
