"""Tables that others keep with a corpus: its maps and word spaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import model_outputs, schema
from backend.corpus.tables import quoted
from backend.domain import Kind

if TYPE_CHECKING:
    from backend.corpus.store import Store


KEPT = ("maps.", "clusters.", "words.")  # what their names begin with; a bundle's name follows


class SideTables:
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
        return f"{head.uid}:{head.tables.get(model_outputs.vectors_name(bundle), 0)}"

    def count_vectors(self, bundle: str, kind: Kind) -> int:
        """How many vectors of a kind there are."""
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        return snapshot.count(name, f"kind = {quoted(kind)}") if name in snapshot else 0

    def dim(self, bundle: str) -> int:
        """Length of a bundle's vectors; 0 when there are none."""
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        return snapshot.schema(name).field("vector").type.list_size if name in snapshot else 0

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
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        if name not in snapshot:
            return
        for batch in snapshot.stream(name, ["id", "vector"], f"kind = {quoted(kind)}"):
            column = batch["vector"]
            flat = column.flatten().to_numpy(zero_copy_only=False)
            yield batch["id"].cast(pa.large_string()), flat.reshape(len(batch), -1)

    def vectors_indexed(self, bundle: str) -> bool:
        """Whether `index_vectors` was done."""
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        return name not in snapshot or snapshot.indexed(name)

    def index_vectors(self, bundle: str) -> None:
        """Have the store index the vectors of a bundle; once, later ones join by themselves.

        Raises
        ------
        KindredError
            ``corpus_busy``.
        """
        if self.vectors_indexed(bundle):
            return
        with self._store.transaction() as change:
            change.index_vectors(model_outputs.vectors_name(bundle))
        self.refresh()

    def nearest_vectors(
        self, bundle: str, kind: Kind, vector: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """About the `k` nearest by cosine, without reading all: see `index_vectors`.

        Returns
        -------
        ids : numpy.ndarray
            ``(k,)`` str objects, or fewer.
        vectors : numpy.ndarray
            ``(k, dim)`` float32.
        """
        name, where = model_outputs.vectors_name(bundle), f"kind = {quoted(kind)}"
        table = self._view.snapshot.nearest(name, vector, k, ["id", "vector"], where)
        ids = np.asarray(table["id"].to_numpy(zero_copy_only=False), dtype=object)
        return ids, schema.to_matrix(table["vector"])

    def drawn_vectors(self, bundle: str, kind: Kind, rows: int) -> np.ndarray:
        """Vectors of a kind among `rows` that are evenly spread over all kinds."""
        table = self._view.snapshot.drawn(
            model_outputs.vectors_name(bundle), rows, ["kind", "vector"]
        )
        return schema.to_matrix(table.filter(pc.equal(table["kind"], kind.value))["vector"])

    def refresh(self) -> bool:
        """See `Corpus.refresh`."""
        raise NotImplementedError
