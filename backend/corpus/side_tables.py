"""Side tables of a corpus, such as maps and word spaces, and access to stored vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import model_outputs, schema, tables
from backend.corpus.native import Native
from backend.corpus.tables import quoted
from backend.corpus.versions import Versions
from backend.domain import Kind

SIDE_TABLE_PREFIXES = ("maps.", "clusters.", "user_space.", "words.", "families.")  # and a bundle


class SideTables(Versions):
    """Mixin of `Corpus`: reads and writes side tables, reads vectors in bulk."""

    def side_table(self, name: str) -> pa.Table | None:
        """Return a side table by name; None if it does not exist."""
        snapshot = self._view.snapshot
        return snapshot.read(name) if name in snapshot else None

    def write_side_tables(self, new_tables: Mapping[str, pa.Table]) -> None:
        """Write side tables in one commit; replace those with the same names.

        Raises
        ------
        KindredError
            ``corpus_busy``.
        """
        with self.transaction() as change:
            for name, table in new_tables.items():
                change.put(name, table)
        self.refresh()

    def stamp(self, bundle: str) -> str:
        """Version of the vectors of a bundle in this snapshot; differs after each change."""
        head = self._view.snapshot.head
        return f"{head.uid}:{head.tables.get(model_outputs.vectors_name(bundle), 0)}"

    def count_vectors(self, bundle: str, kind: Kind | Native) -> int:
        """Number of vectors of a kind."""
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        return snapshot.count(name, f"kind = {quoted(kind)}") if name in snapshot else 0

    def dim(self, bundle: str) -> int:
        """Length of a bundle's vectors; 0 if there are none."""
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        return snapshot.schema(name).field("vector").type.list_size if name in snapshot else 0

    def stream_vectors(
        self, bundle: str, kind: Kind | Native
    ) -> Iterator[tuple[pa.LargeStringArray, np.ndarray]]:
        """Yield vectors of a kind in batches, in storage order and precision.

        Yields
        ------
        ids : pyarrow.LargeStringArray
        vectors : numpy.ndarray
            ``(len(ids), dim)`` float16 or float32.
        """
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        if name not in snapshot:
            return
        with snapshot.opened(name) as table:
            for batch in tables.stream(table, ["id", "vector"], f"kind = {quoted(kind)}"):
                values = batch["vector"].flatten().to_numpy(zero_copy_only=False)
                yield batch["id"].cast(pa.large_string()), values.reshape(len(batch), -1)

    def vectors_indexed(self, bundle: str) -> bool:
        """Whether the vectors are indexed; see `index_vectors`."""
        name, snapshot = model_outputs.vectors_name(bundle), self._view.snapshot
        if name not in snapshot:
            return True
        with snapshot.opened(name) as table:
            return tables.indexed(table, ["vector", "id"])

    def index_vectors(self, bundle: str) -> None:
        """Index the vectors of a bundle; later ones join the index automatically.

        Raises
        ------
        KindredError
            ``corpus_busy``.
        """
        if self.vectors_indexed(bundle):
            return
        with self.transaction() as change:
            change.index_vectors(model_outputs.vectors_name(bundle))
        self.refresh()

    def nearest_vectors(
        self, bundle: str, kind: Kind | Native, vector: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the approximate `k` nearest vectors by cosine, using the index.

        Returns
        -------
        ids : numpy.ndarray
            ``(k,)`` str objects, or fewer.
        vectors : numpy.ndarray
            ``(k, dim)`` float32.
        """
        name, where = model_outputs.vectors_name(bundle), f"kind = {quoted(kind)}"
        with self._view.snapshot.opened(name) as table:
            rows = tables.nearest(table, vector, k, ["id", "vector"], where)
        ids = np.asarray(rows["id"].to_numpy(zero_copy_only=False), dtype=object)
        return ids, schema.to_matrix(rows["vector"])

    def sample_posts(self, rows: int, columns: Sequence[str]) -> pa.Table:
        """Return columns of `rows` posts evenly spread over the table."""
        with self._view.snapshot.opened("posts") as table:
            return tables.sample_rows(table, rows, columns)

    def sample_vectors(self, bundle: str, kind: Kind | Native, rows: int) -> np.ndarray:
        """Return the vectors of a kind among `rows` rows evenly spread over the table."""
        with self._view.snapshot.opened(model_outputs.vectors_name(bundle)) as table:
            sample = tables.sample_rows(table, rows, ["kind", "vector"])
        return schema.to_matrix(sample.filter(pc.equal(sample["kind"], kind.value))["vector"])
