"""The families of the corpora of a workspace: read from the corpus and cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.lru import LRU
from backend.core.progress import Progress
from backend.domain import KindredError
from backend.settings import SHIPPED_CORPUS
from backend.workspace.context import WorkspaceContext, corpus_key

if TYPE_CHECKING:
    from backend.families.coordinated import Group
    from backend.families.types import Families

_CACHED = 8  # corpora


class FamilyFinder:
    """The families of near-copies in every corpus of a workspace."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._families: LRU[tuple, Families | None] = LRU(_CACHED)
        self._groups: LRU[tuple, tuple[Group, ...]] = LRU(_CACHED)

    def of(self, corpus: str | None = None) -> Families:
        """Read the families of a corpus.

        Raises
        ------
        KindredError
            ``no_families``, with the command that finds them.
        """
        found = self._read(corpus)
        if found is None:
            name = self._context.corpus(corpus).name
            option = "" if name == SHIPPED_CORPUS else f" --corpus {name}"
            raise KindredError(
                "no_families",
                f"Nobody has looked for copies in the corpus {name} yet. "
                f"Find them with `python -m backend map --only families{option}`.",
            )
        return found

    def folded(self, corpus: str | None = None) -> frozenset[str]:
        """Return the posts that folding families hides; none where there are no families."""
        found = self._read(corpus)
        return found.folded if found is not None else frozenset()

    def coordinated(self, corpus: str | None = None) -> tuple[Group, ...]:
        """Return the groups of users who posted exact copies within minutes, largest first.

        Raises
        ------
        KindredError
            As `of`.
        """
        from backend.families.coordinated import groups

        families = self.of(corpus)
        return self._groups.get_or_make(corpus_key(self._context, corpus), lambda: groups(families))

    def make(self, corpus: str | None = None, *, progress: Progress | None = None) -> Families:
        """Find the families of a corpus and store them with it; takes minutes for a large one.

        Pages start it with `backend.workspace.map_jobs` instead.
        """
        from backend.families import storage
        from backend.families.find import find

        opened, bundle = self._context.corpus(corpus), self._context.bundle_of(corpus)
        storage.put(opened, bundle, find(opened.snapshot(), bundle, progress))
        return self.of(corpus)

    def _read(self, corpus: str | None) -> Families | None:
        from backend.families import storage

        opened, bundle = self._context.corpus(corpus).snapshot(), self._context.bundle_of(corpus)
        return self._families.get_or_make(
            corpus_key(self._context, corpus), lambda: storage.get(opened, bundle)
        )
