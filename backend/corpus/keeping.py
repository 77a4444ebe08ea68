"""Tables that others keep with a corpus: its maps and word spaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from backend.corpus.store import Store


KEPT = ("maps.", "clusters.", "words.")  # what their names begin with; a bundle's name follows


class Keeping:
    """The part of a `Corpus` that keeps tables whose meaning it does not know."""

    _store: Store
    _view: Any

    def kept(self, name: str) -> pa.Table | None:
        """A table by its name; None when there is none."""
        snapshot = self._view.snapshot
        return snapshot.read(name) if name in snapshot else None

    def keep(self, tables: Mapping[str, pa.Table]) -> None:
        """Write tables, all at once, in place of those with the same names.

        Raises
        ------
        KindredError
            ``corpus_busy``.
        """
        with self._store.transaction() as change:
            for name, table in tables.items():
                change.put(name, table)
        self.refresh()

    def refresh(self) -> bool:
        """See `Corpus.refresh`."""
        raise NotImplementedError
