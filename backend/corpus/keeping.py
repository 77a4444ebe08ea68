"""Tables that others keep with a corpus: its maps and word spaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from backend.corpus import reading
from backend.corpus.tables import quoted
from backend.posts import Kind

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

    def stamp(self, bundle: str) -> str:
        """Names the vectors of a bundle that are read now: another one after each change."""
        head = self._view.snapshot.head
        return f"{head.uid}:{head.tables.get(reading.vectors_name(bundle), 0)}"

    def count_vectors(self, bundle: str, kind: Kind) -> int:
        """How many vectors of a kind there are."""
        name, snapshot = reading.vectors_name(bundle), self._view.snapshot
        return snapshot.count(name, f"kind = {quoted(kind)}") if name in snapshot else 0

    def stream_vectors(
        self, bundle: str, kind: Kind
    ) -> Iterator[tuple[pa.LargeStringArray, np.ndarray]]:
        """As `Corpus.vectors`, some at a time, in no particular order, as stored.

        Yields
        ------
        ids : pyarrow.LargeStringArray
        vectors : numpy.ndarray
            ``(len(ids), dim)`` of half or single precision.
        """
        name, snapshot = reading.vectors_name(bundle), self._view.snapshot
        if name not in snapshot:
            return
        for batch in snapshot.stream(name, ["id", "vector"], f"kind = {quoted(kind)}"):
            column = batch["vector"]
            flat = column.flatten().to_numpy(zero_copy_only=False)
            yield batch["id"].cast(pa.large_string()), flat.reshape(len(batch), -1)

    def refresh(self) -> bool:
        """See `Corpus.refresh`."""
        raise NotImplementedError
