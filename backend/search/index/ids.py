"""Ids of millions of rows, looked up without millions of Python strings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BLOCK = 100_000  # ids hashed at a time
_NAMES, _HASHES, _PLACES = "names.arrow", "hashes.npy", "places.npy"
FILES = (_NAMES, _HASHES, _PLACES)


def strings(ids: Collection[str] | pa.Array | np.ndarray) -> pa.LargeStringArray:
    """Return ids as one Arrow array."""
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    if isinstance(ids, pa.Array):
        return ids.cast(pa.large_string())
    if not isinstance(ids, np.ndarray | list | tuple):
        ids = list(ids)
    return pa.array(ids, pa.large_string())


class Ids:
    """Ids of rows; the position of a row is the rank of its id.

    An id is found by bisection among 64-bit hashes and then compared itself:
    ten thousand among a million in a few milliseconds. All three arrays can
    stay in a file and be read page by page.

    Parameters
    ----------
    names : pyarrow.LargeStringArray
        Sorted by their UTF-8 bytes, without repeats.
    hashes : numpy.ndarray
        ``(n,)`` uint64, sorted.
    places : numpy.ndarray
        ``(n,)`` int32: the position of the id with each hash.
    """

    def __init__(self, names: pa.LargeStringArray, hashes: np.ndarray, places: np.ndarray) -> None:
        self.names = names
        self._hashes = hashes
        self._places = places

    @classmethod
    def of(cls, names: pa.LargeStringArray) -> Ids:
        """Index sorted ids.

        Raises
        ------
        ValueError
            When an id is repeated.
        """
        if len(names) > 1 and pc.any(pc.equal(names[1:], names[:-1])).as_py():
            raise ValueError("an id is repeated")
        hashes = hash_ids(names)
        places = np.argsort(hashes, kind="stable")
        return cls(names, hashes[places], places.astype(np.int32))

    def __len__(self) -> int:
        return len(self.names)

    def locate(self, ids: Collection[str] | pa.Array) -> np.ndarray:
        """Return the position of each id; -1 for unknown ids."""
        wanted = strings(ids)
        positions = np.full(len(wanted), -1, dtype=np.int64)
        if not len(self) or not len(wanted):
            return positions
        hashes = hash_ids(wanted)
        order = np.argsort(hashes)  # neighbours in memory are then looked up one after the other
        pending = order
        at = np.searchsorted(self._hashes, hashes[order])
        while len(pending):
            inside = at < len(self)
            pending, at = pending[inside], at[inside]
            same_hash = self._hashes[at] == hashes[pending]
            pending, at = pending[same_hash], at[same_hash]
            places = self._places[at]
            same_id = pc.equal(self.names.take(pa.array(places)), wanted.take(pa.array(pending)))
            same_id = same_id.to_numpy(zero_copy_only=False)
            positions[pending[same_id]] = places[same_id]
            pending, at = pending[~same_id], at[~same_id] + 1  # another id with the same hash
        return positions

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return the ids at positions, ``(len(rows),)`` str objects."""
        taken = self.names.take(pa.array(rows, pa.int64()))
        return np.asarray(taken.to_numpy(zero_copy_only=False), dtype=object)

    def is_present(self, rows: np.ndarray) -> np.ndarray:
        """Whether each position can be found, ``(len(rows),)`` bool."""
        return np.ones(len(rows), dtype=bool)

    def ranks(self, rows: np.ndarray) -> np.ndarray:
        """Return numbers that sort positions by their ids."""
        return rows

    def save(self, folder: Path) -> None:
        """Write `FILES` to a folder."""
        batch = pa.record_batch([self.names], names=["id"])
        with (
            pa.OSFile(str(folder / _NAMES), "wb") as sink,
            pa.ipc.new_file(sink, batch.schema) as f,
        ):
            f.write_batch(batch)
        np.save(folder / _HASHES, self._hashes)
        np.save(folder / _PLACES, self._places)

    @classmethod
    def open(cls, folder: Path) -> Ids:
        """Open `FILES` in a folder; pages are read when they are needed."""
        with pa.memory_map(str(folder / _NAMES)) as source:
            table = pa.ipc.open_file(source).read_all()
        names = table["id"].chunk(0)
        return cls(
            names,
            np.load(folder / _HASHES, mmap_mode="r"),
            np.load(folder / _PLACES, mmap_mode="r"),
        )


class LayeredIds:
    """Ids of rows that do not change, and of a few that were added later.

    Parameters
    ----------
    base, added : Ids
        The positions of `added` follow those of `base`.
    removed : numpy.ndarray
        Removed positions of `base`, ascending; their ids may have been added again.
    """

    def __init__(self, base: Ids, added: Ids, removed: np.ndarray) -> None:
        self._base, self._added = base, added
        self._is_removed = np.zeros(len(base) + len(added), dtype=bool)
        self._is_removed[removed] = True

    def __len__(self) -> int:
        return len(self._is_removed)

    def locate(self, ids: Collection[str] | pa.Array) -> np.ndarray:
        """See `Ids.locate`."""
        wanted = strings(ids)
        old, new = self._base.locate(wanted), self._added.locate(wanted)
        old[old >= 0] = np.where(self._is_removed[old[old >= 0]], -1, old[old >= 0])
        return np.where(new >= 0, new + len(self._base), old)

    def take(self, rows: np.ndarray) -> np.ndarray:
        """See `Ids.take`."""
        ids = np.empty(len(rows), dtype=object)
        later = rows >= len(self._base)
        ids[~later] = self._base.take(rows[~later])
        ids[later] = self._added.take(rows[later] - len(self._base))
        return ids

    def is_present(self, rows: np.ndarray) -> np.ndarray:
        """See `Ids.is_present`."""
        return ~self._is_removed[rows]

    def ranks(self, rows: np.ndarray) -> np.ndarray:
        """See `Ids.ranks`."""
        order = pc.array_sort_indices(strings(self.take(rows))).to_numpy()
        ranks = np.empty(len(rows), dtype=np.int64)
        ranks[order] = np.arange(len(rows))
        return ranks


def hash_ids(names: pa.LargeStringArray) -> np.ndarray:
    """Return a 64-bit hash of each id, the same on every machine, ``(n,)`` uint64."""
    hashes = np.empty(len(names), dtype=np.uint64)
    for start in range(0, len(names), _BLOCK):
        hashes[start : start + _BLOCK] = _hash_block(names[start : start + _BLOCK])
    return hashes


def _hash_block(names: pa.LargeStringArray) -> np.ndarray:
    _, ends, data = names.buffers()
    ends = np.frombuffer(ends, dtype=np.int64)[names.offset : names.offset + len(names) + 1]
    if data is None or ends[-1] == ends[0]:
        return splitmix64(np.zeros(len(names), dtype=np.uint64))
    letters = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]]
    starts, lengths = ends[:-1] - ends[0], np.diff(ends)
    offsets = np.arange(len(letters)) - np.repeat(starts, lengths)
    # A sum of bytes, each times a number that depends on its offset; overflow is intended.
    multipliers = splitmix64(np.arange(1, int(lengths.max()) + 1, dtype=np.uint64)) | np.uint64(1)
    sums = np.zeros(len(names), dtype=np.uint64)
    full = lengths > 0
    terms = (letters.astype(np.uint64) + np.uint64(1)) * multipliers[offsets]
    sums[full] = np.add.reduceat(terms, starts[full])
    return splitmix64(sums)


def splitmix64(numbers: np.ndarray) -> np.ndarray:
    """Spread numbers over all 64 bits (the finaliser of SplitMix64)."""
    x = np.asarray(numbers, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
