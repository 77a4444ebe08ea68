"""Outputs of bundles for a corpus: names of their tables, vectors and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import schema
from backend.corpus.native import Native
from backend.corpus.store import Snapshot
from backend.corpus.tables import quoted
from backend.domain import EMOTIONS, MIN_EMOTION, WRITTEN, Kind, steps_of

REACTIONS = "reactions"
OWN = "own-vectors"  # in the place of a bundle's name: vectors that came with the posts


def _table_name(outputs: str, bundle: str) -> str:
    """Return the name of the table of some outputs of a bundle."""
    return f"{outputs}.{schema.check_bundle(bundle)}"


vectors_name = partial(_table_name, "vectors")
predictions_name = partial(_table_name, "predictions")
maps_name = partial(_table_name, "maps")  # coordinates of the vectors on maps
clusters_name = partial(_table_name, "clusters")  # of these maps
user_space_name = partial(_table_name, "user_space")
words_name = partial(_table_name, "words")  # word spaces
families_name = partial(_table_name, "families")  # posts that are near-copies


def vectors(
    snapshot: Snapshot, bundle: str, kind: Kind | Native, ids: Sequence[str] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors of one kind; see `Corpus.vectors`."""
    name = vectors_name(bundle)
    if name not in snapshot:
        return np.empty(0, dtype=object), np.empty((0, 0), dtype=np.float32)
    where = f"kind = {quoted(kind)}"
    if ids is None:
        table = snapshot.read(name, ["id", "vector"], where).sort_by("id")
    else:
        table = snapshot.read_in(name, "id", ids, ["id", "vector"], also=where)
        wanted = pa.array(list(ids), pa.string())
        table = table.take(pc.drop_null(pc.index_in(wanted, value_set=table["id"])))
    found_ids = table["id"].to_numpy(zero_copy_only=False)
    return np.asarray(found_ids, dtype=object), schema.to_matrix(table["vector"])


def ids_with_vectors(snapshot: Snapshot, bundle: str, kind: Kind | Native) -> np.ndarray:
    """Return the sorted ids that have a vector; see `Corpus.ids_with_vectors`."""
    name = vectors_name(bundle)
    if name not in snapshot:
        return np.empty(0, dtype=object)
    ids = snapshot.read(name, ["id"], f"kind = {quoted(kind)}").sort_by("id")["id"]
    return np.asarray(ids.to_numpy(zero_copy_only=False), dtype=object)


def predictions(snapshot: Snapshot, bundle: str, ids: Sequence[str] | None) -> pa.Table:
    """Return predictions as rows; see `Corpus.predictions`."""
    name = predictions_name(bundle)
    if name not in snapshot:
        return schema.PREDICTIONS.empty_table()
    return snapshot.read(name) if ids is None else snapshot.read_in(name, "id", ids)


def posts_without_vectors(snapshot: Snapshot, bundle: str) -> list[str]:
    """Return the posts without a vector; see `Corpus.missing`."""
    ids = snapshot.read("posts", ["id"])["id"]
    done = pa.array(ids_with_vectors(snapshot, bundle, Kind.POST), pa.string())
    ids = ids.filter(pc.invert(pc.is_in(ids, value_set=done)))
    return sorted(ids.to_pylist())


def strongest(probabilities: np.ndarray) -> np.ndarray:
    """As `strongest_emotion`: indices ``(n,)`` from ``(n, 9)`` probabilities, neutral last."""
    steps = np.rint(probabilities.astype(np.float64) * WRITTEN)
    best, reached = steps[:, :-1].argmax(axis=1), steps[:, :-1].max(axis=1)
    is_clear = reached >= np.maximum(steps[:, -1], steps_of(MIN_EMOTION))
    return np.where(is_clear, best, len(EMOTIONS))
