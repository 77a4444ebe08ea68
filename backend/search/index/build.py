"""Write an index to disk: all vectors, or only what has changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.vectors import normalize
from backend.search.index import on_disk
from backend.search.index.ids import Ids, splitmix64
from backend.search.index.on_disk import Manifest, OnDiskIndex
from backend.search.index.scanners import faiss, half_precision, spread_sample
from backend.search.index.vector_index import CENTRE_FROM, group_codes

CHANGED = 0.05  # share of the vectors; an index with more changes is written again
_BLOCK = 16_384  # rows processed at a time
_OWN_QUERIES = 100  # vectors of the index that are queries when recall is measured

Stream = Iterable[tuple[pa.LargeStringArray, np.ndarray]]
Groups = Callable[[pa.LargeStringArray], pa.Array]


def write(
    index: OnDiskIndex,
    stamp: str,
    stream: Stream,
    count: int,
    *,
    centre: bool,
    groups: Groups | None = None,
    queries: np.ndarray | None = None,
) -> None:
    """Write the base of an index; `build_ivf` sorts its vectors into lists later.

    Parameters
    ----------
    index : OnDiskIndex
        Within its `OnDiskIndex.writing`.
    stamp : str
        Of the vectors: `Corpus.stamp`.
    stream : iterable of (ids, vectors)
        ``(n, dim)`` each, half or single precision; ids must be unique.
    count : int
        Number of vectors in the stream.
    centre : bool
        As for `VectorIndex`.
    groups : callable, optional
        Maps ids to duplicate groups, null for none.
    queries : numpy.ndarray, optional
        ``(m, dim)``: likely queries, to measure recall with.

    Raises
    ------
    ValueError
        When an id is repeated.
    """
    names, raw, hashes = _read(stream, count)
    order = pc.array_sort_indices(names).to_numpy()
    order, mean, offset = _usable_rows(raw, order, centre=centre)
    keys = Ids.of(names.take(pa.array(order)))
    with index.part("flat") as (folder, flat):
        vectors = half_precision(np.empty((0, raw.shape[1]), dtype=np.float16))
        for rows in _blocks(order):
            vectors.add(_offset_vectors(raw[rows], offset))
        faiss().write_index(vectors, str(folder / on_disk.FLAT))
    with index.part("base") as (folder, base):
        sample = spread_sample(len(order))
        sample_vectors = _offset_vectors(raw[order[sample]], offset).astype(np.float16)
        own_rows = spread_sample(len(order), _OWN_QUERIES)
        own = _offset_vectors(raw[order[own_rows]], offset)
        recall_queries = own if queries is None else np.concatenate([own, normalize(queries)])
        keys.save(folder)
        _save(folder, on_disk.ROW_HASHES, hashes[order])
        _save(folder, on_disk.CENTRE, np.stack([mean, offset]))
        _save(folder, on_disk.SAMPLE, sample)
        _save(folder, on_disk.SAMPLE_VECTORS, sample_vectors)
        _save(folder, on_disk.QUERIES, recall_queries.astype(np.float32))
        _save_groups(folder, groups, keys.names)
    index.put(Manifest(stamp, len(order), raw.shape[1], base, flat))


def update(index: OnDiskIndex, stamp: str, stream: Stream, *, groups: Groups | None = None) -> bool:
    """Bring an index up to date when few vectors have changed since its base was written.

    Parameters
    ----------
    index : OnDiskIndex
        Within its `OnDiskIndex.writing`.
    stamp, stream, groups
        As for `write`.

    Returns
    -------
    bool
        False when there is no base, when it is damaged, or when more than a share of
        `CHANGED` has changed: then `write` the index.
    """
    head = index.head()
    if head is None:
        return False
    try:
        index.check(head)
        base = index.folder / head.base
        keys, known_hashes = Ids.open(base), np.load(base / on_disk.ROW_HASHES, mmap_mode="r")
        _, offset = np.load(base / on_disk.CENTRE)
    except on_disk.UNREADABLE:
        return False
    limit = CHANGED * len(keys)
    kept = np.zeros(len(keys), dtype=bool)
    added_ids, added_vectors, added_count = [], [], 0
    for ids, vectors in stream:
        if vectors.shape[1] != head.dim:
            return False
        positions, hashes = keys.locate(ids), row_hashes(vectors)
        unchanged = (positions >= 0) & (known_hashes[positions] == hashes)
        kept[positions[unchanged]] = True
        vectors = normalize(vectors[~unchanged].astype(np.float32))
        new_rows = np.flatnonzero(~unchanged)[vectors.any(axis=1)]
        added_count += len(new_rows)
        if added_count > limit:
            return False
        added_ids.append(ids.take(pa.array(new_rows)))
        added_vectors.append(normalize(vectors[vectors.any(axis=1)] - offset).astype(np.float16))
    removed = np.flatnonzero(~kept)
    if added_count + len(removed) > limit:
        return False
    rows = len(keys) - len(removed) + added_count
    if not added_count and not len(removed):
        index.put(replace(head, stamp=stamp, rows=rows, changes=None))
        return True
    new_ids = pa.concat_arrays(added_ids)
    order = pc.array_sort_indices(new_ids)
    with index.part("changes") as (folder, changes):
        added_keys = Ids.of(new_ids.take(order))
        added_keys.save(folder)
        _save(folder, on_disk.ADDED, np.concatenate(added_vectors)[order.to_numpy()])
        _save(folder, on_disk.REMOVED, removed)
        _save_groups(folder, groups, pa.concat_arrays([keys.names, added_keys.names]))
    index.put(replace(head, stamp=stamp, rows=rows, changes=changes))
    return True


def row_hashes(vectors: np.ndarray) -> np.ndarray:
    """Return a hash of the bytes of each row, ``(n,)`` uint64."""
    rows = np.ascontiguousarray(vectors).view(np.uint8).reshape(len(vectors), -1)
    if missing := -rows.shape[1] % 8:
        rows = np.pad(rows, ((0, 0), (0, missing)))
    words = rows.view(np.uint64)
    multipliers = splitmix64(np.arange(words.shape[1], dtype=np.uint64)) | np.uint64(1)
    return splitmix64((splitmix64(words) * multipliers).sum(axis=1, dtype=np.uint64))


def _read(stream: Stream, count: int) -> tuple[pa.LargeStringArray, np.ndarray, np.ndarray]:
    """Read a whole stream: ids, vectors in their own precision, and `row_hashes`."""
    all_ids, raw, start = [], np.empty((0, 0), dtype=np.float16), 0
    hashes = np.empty(count, dtype=np.uint64)
    for ids, vectors in stream:
        if not start:
            raw = np.empty((count, vectors.shape[1]), dtype=vectors.dtype)
        raw[start : start + len(ids)] = vectors
        hashes[start : start + len(ids)] = row_hashes(vectors)
        all_ids.append(ids)
        start += len(ids)
    if start != count:
        raise ValueError(f"the stream has {start} vectors instead of {count}")
    return pa.concat_arrays(all_ids), raw, hashes


def _usable_rows(
    raw: np.ndarray, order: np.ndarray, *, centre: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows that have a direction, their mean, and the offset to subtract."""
    total = np.zeros(raw.shape[1], dtype=np.float64)
    usable = []
    for rows in _blocks(order):
        vectors = normalize(raw[rows].astype(np.float32))
        usable.append(rows[vectors.any(axis=1)])
        total += vectors.sum(axis=0, dtype=np.float64)
    order = np.concatenate(usable)
    mean = (total / max(len(order), 1)).astype(np.float32)
    return order, mean, mean if centre and len(order) >= CENTRE_FROM else np.zeros_like(mean)


def _offset_vectors(raw: np.ndarray, offset: np.ndarray) -> np.ndarray:
    vectors = normalize(raw.astype(np.float32))
    return normalize(vectors - offset) if offset.any() else vectors


def _blocks(order: np.ndarray) -> Iterable[np.ndarray]:
    return (order[start : start + _BLOCK] for start in range(0, len(order), _BLOCK))


def _save(folder: Path, name: str, array: np.ndarray) -> None:
    np.save(folder / name, array, allow_pickle=False)


def _save_groups(folder: Path, groups: Groups | None, names: pa.LargeStringArray) -> None:
    codes = group_codes(groups(names)) if groups is not None else None
    if codes is not None:
        _save(folder, on_disk.GROUPS, codes)
