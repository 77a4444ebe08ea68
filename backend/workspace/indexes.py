"""Building search indexes ahead of the first search."""

from __future__ import annotations

from collections.abc import Callable

from backend.domain import Kind
from backend.search import IndexChoice, choices, prepare
from backend.search.hybrid.full_text import building, make_full_text
from backend.workspace.context import WorkspaceContext


class Indexes:
    """The search indexes of the corpora."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context

    def choices(self, corpus: str | None = None) -> list[IndexChoice]:
        """Return how each kind of vectors of a corpus is searched, without opening an index."""
        opened = self._context.corpus(corpus)
        return choices(opened, self._context.bundle_of(corpus))

    def words_building(self, corpus: str | None = None) -> tuple[int, int] | None:
        """Return the posts whose words are indexed and all posts, while that takes place."""
        return building(self._context.corpus(corpus), self._context.bundle_of(corpus))

    def make(
        self, corpus: str | None = None, *, progress: Callable[[Kind, int, int], None] | None = None
    ) -> list[IndexChoice]:
        """Build or update all indexes that are stored on disk, words too, and return all `choices`.

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

                prepare(opened, self._context.bundle_of(corpus), kind, progress=report)
        make_full_text(opened, self._context.bundle_of(corpus))
        return self.choices(corpus)
