"""Writing an index to disk: all vectors anew, or what has changed of them."""

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
from backend.search.index.scanners import faiss, half, spread_sample
from backend.search.index.vector_index import CENTRE_FROM, directed, grouped

CHANGED = 0.05  # share of the vectors; after more changes than that all is made anew
_BLOCK = 16_384  # rows worked on at a time
_OWN = 100  # vectors of the index itself among the queries that recall is measured with

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
    """Make the base of an index anew; `listing` sorts its vectors into lists.

    Parameters
    ----------
    index : OnDiskIndex
        Within its `Kept.writing`.
    stamp : str
    stream : iterable of (ids, vectors)
        ``(n, dim)`` each, half or single precision, no id twice.
    count : int
        Vectors in all.
    centre : bool
        As for `VectorIndex`.
    groups : callable, optional
        Ids -> duplicate groups, null for none.
    queries : numpy.ndarray, optional
        ``(m, dim)``: what people may look for; recall is measured with these.

    Raises
    ------
    ValueError
        When an id comes twice.
    """
    names, raw, prints = _read(stream, count)
    order = pc.array_sort_indices(names).to_numpy()
    order, mean, offset = _measured(raw, order, centre=centre)
    keys = Ids.of(names.take(pa.array(order)))
    with index.part("flat") as (folder, flat):
        vectors = half(np.empty((0, raw.shape[1]), dtype=np.float16))
        for rows in _blocks(order):
            vectors.add(_placed(raw[rows], offset))
        faiss().write_index(vectors, str(folder / on_disk.FLAT))
    with index.part("base") as (folder, name):
        sample = spread_sample(len(order))
        near = _placed(raw[order[sample]], offset).astype(np.float16)
        some = spread_sample(len(order), _OWN)
        own = _placed(raw[order[some]], offset)
        asked = own if queries is None else np.concatenate([own, normalize(queries)])
        keys.save(folder)
        _save(folder, on_disk.PRINTS, prints[order])
        _save(folder, on_disk.CENTRE, np.stack([mean, offset]))
        _save(folder, on_disk.SAMPLE, sample)
        _save(folder, on_disk.NEAR, near)
        _save(folder, on_disk.QUERIES, asked.astype(np.float32))
        _group(folder, groups, keys.names)
    index.put(Manifest(stamp, len(order), raw.shape[1], name, flat))


def update(index: OnDiskIndex, stamp: str, stream: Stream, *, groups: Groups | None = None) -> bool:
    """Bring an index to vectors that have changed a little since its base was made.

    Parameters
    ----------
    index : OnDiskIndex
        Within its `Kept.writing`.
    stamp, stream, groups
        As for `write`.

    Returns
    -------
    bool
        False when there is no base, when it is damaged, or when more than
        `CHANGED` of it is no longer so: then `write` it.
    """
    head = index.head()
    if head is None:
        return False
    try:
        index.check(head)
        base = index.folder / head.base
        keys, known = Ids.open(base), np.load(base / on_disk.PRINTS, mmap_mode="r")
        _, offset = np.load(base / on_disk.CENTRE)
    except on_disk.UNREADABLE:
        return False
    most = CHANGED * len(keys)
    seen = np.zeros(len(keys), dtype=bool)
    names, vectors, more = [], [], 0
    for ids, some in stream:
        if some.shape[1] != head.dim:
            return False
        at, prints = keys.locate(ids), printed(some)
        same = (at >= 0) & (known[at] == prints)
        seen[at[same]] = True
        some = directed(some[~same].astype(np.float32))
        new = np.flatnonzero(~same)[some.any(axis=1)]
        more += len(new)
        if more > most:
            return False
        names.append(ids.take(pa.array(new)))
        vectors.append(normalize(some[some.any(axis=1)] - offset).astype(np.float16))
    removed = np.flatnonzero(~seen)
    if more + len(removed) > most:
        return False
    rows = len(keys) - len(removed) + more
    if not more and not len(removed):
        index.put(replace(head, stamp=stamp, rows=rows, changes=None))
        return True
    added = pa.concat_arrays(names)
    order = pc.array_sort_indices(added)
    with index.part("changes") as (folder, name):
        later = Ids.of(added.take(order))
        later.save(folder)
        _save(folder, on_disk.ADDED, np.concatenate(vectors)[order.to_numpy()])
        _save(folder, on_disk.REMOVED, removed)
        _group(folder, groups, pa.concat_arrays([keys.names, later.names]))
    index.put(replace(head, stamp=stamp, rows=rows, changes=name))
    return True


def printed(vectors: np.ndarray) -> np.ndarray:
    """A number for each row that is another when the row is, ``(n,)`` uint64."""
    rows = np.ascontiguousarray(vectors).view(np.uint8).reshape(len(vectors), -1)
    if short := -rows.shape[1] % 8:
        rows = np.pad(rows, ((0, 0), (0, short)))
    words = rows.view(np.uint64)
    worth = splitmix64(np.arange(words.shape[1], dtype=np.uint64)) | np.uint64(1)
    return splitmix64((splitmix64(words) * worth).sum(axis=1, dtype=np.uint64))


def _read(stream: Stream, count: int) -> tuple[pa.LargeStringArray, np.ndarray, np.ndarray]:
    """All that a stream holds; vectors in as little memory as they take."""
    names, raw, at = [], np.empty((0, 0), dtype=np.float16), 0
    prints = np.empty(count, dtype=np.uint64)
    for ids, vectors in stream:
        if not at:
            raw = np.empty((count, vectors.shape[1]), dtype=vectors.dtype)
        raw[at : at + len(ids)] = vectors
        prints[at : at + len(ids)] = printed(vectors)
        names.append(ids)
        at += len(ids)
    if at != count:
        raise ValueError(f"{at} vectors came, not {count}")
    return pa.concat_arrays(names), raw, prints


def _measured(
    raw: np.ndarray, order: np.ndarray, *, centre: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows that have a direction, their mean and what is taken off them."""
    total = np.zeros(raw.shape[1], dtype=np.float64)
    usable = []
    for rows in _blocks(order):
        some = directed(raw[rows].astype(np.float32))
        usable.append(rows[some.any(axis=1)])
        total += some.sum(axis=0, dtype=np.float64)
    order = np.concatenate(usable)
    mean = (total / max(len(order), 1)).astype(np.float32)
    return order, mean, mean if centre and len(order) >= CENTRE_FROM else np.zeros_like(mean)


def _placed(raw: np.ndarray, offset: np.ndarray) -> np.ndarray:
    vectors = directed(raw.astype(np.float32))
    return normalize(vectors - offset) if offset.any() else vectors


def _blocks(order: np.ndarray) -> Iterable[np.ndarray]:
    return (order[start : start + _BLOCK] for start in range(0, len(order), _BLOCK))


def _save(folder: Path, name: str, array: np.ndarray) -> None:
    np.save(folder / name, array, allow_pickle=False)


def _group(folder: Path, groups: Groups | None, names: pa.LargeStringArray) -> None:
    codes = grouped(groups(names)) if groups is not None else None
    if codes is not None:
        _save(folder, on_disk.GROUPS, codes)
