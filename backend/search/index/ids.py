"""Ids of millions of rows, found and read without a million Python strings."""

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
    """Ids as one Arrow array."""
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    if isinstance(ids, pa.Array):
        return ids.cast(pa.large_string())
    if not isinstance(ids, np.ndarray | list | tuple):
        ids = list(ids)
    return pa.array(ids, pa.large_string())


class Ids:
    """Ids of rows; a row's position is the place of its id in the order of ids.

    An id is found by bisection among 64-bit hashes and then compared itself, so
    that ten thousand are found among a million in a few milliseconds. All
    three arrays can be read from a file by their pages.

    Parameters
    ----------
    names : pyarrow.LargeStringArray
        Sorted by their UTF-8 bytes, without repeats.
    hashes : numpy.ndarray
        ``(n,)`` uint64, sorted.
    places : numpy.ndarray
        ``(n,)`` int32: the position whose id has that hash.
    """

    def __init__(self, names: pa.LargeStringArray, hashes: np.ndarray, places: np.ndarray) -> None:
        self.names = names
        self._hashes = hashes
        self._places = places

    @classmethod
    def of(cls, names: pa.LargeStringArray) -> Ids:
        """Make them of sorted ids.

        Raises
        ------
        ValueError
            When an id comes twice.
        """
        if len(names) > 1 and pc.any(pc.equal(names[1:], names[:-1])).as_py():
            raise ValueError("an id comes twice")
        hashes = hashed(names)
        places = np.argsort(hashes, kind="stable")
        return cls(names, hashes[places], places.astype(np.int32))

    def __len__(self) -> int:
        return len(self.names)

    def locate(self, ids: Collection[str] | pa.Array) -> np.ndarray:
        """Positions of ids, in their order; -1 for those that are not there."""
        wanted = strings(ids)
        found = np.full(len(wanted), -1, dtype=np.int64)
        if not len(self) or not len(wanted):
            return found
        hashes = hashed(wanted)
        order = np.argsort(hashes)  # neighbours are then looked for near one another
        left = order
        at = np.searchsorted(self._hashes, hashes[order])
        while len(left):
            inside = at < len(self)
            left, at = left[inside], at[inside]
            near = self._hashes[at] == hashes[left]
            left, at = left[near], at[near]
            places = self._places[at]
            same = pc.equal(self.names.take(pa.array(places)), wanted.take(pa.array(left)))
            same = same.to_numpy(zero_copy_only=False)
            found[left[same]] = places[same]
            left, at = left[~same], at[~same] + 1  # another id with the same hash
        return found

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Ids at positions, ``(len(rows),)`` str objects."""
        taken = self.names.take(pa.array(rows, pa.int64()))
        return np.asarray(taken.to_numpy(zero_copy_only=False), dtype=object)

    def there(self, rows: np.ndarray) -> np.ndarray:
        """Which positions can be found."""
        return np.ones(len(rows), dtype=bool)

    def ranks(self, rows: np.ndarray) -> np.ndarray:
        """Numbers in the order of the ids at positions."""
        return rows

    def save(self, folder: Path) -> None:
        """Write `FILES` into a folder."""
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
        """Read `FILES` from a folder, page by page as they are needed."""
        with pa.memory_map(str(folder / _NAMES)) as source:
            table = pa.ipc.open_file(source).read_all()
        names = table["id"].chunk(0)
        return cls(
            names,
            np.load(folder / _HASHES, mmap_mode="r"),
            np.load(folder / _PLACES, mmap_mode="r"),
        )


class LayeredIds:
    """Ids of rows that do not change, and of a few that came later.

    Parameters
    ----------
    base, added : Ids
        The positions of `added` follow those of `base`.
    removed : numpy.ndarray
        Positions of `base` that are gone, ascending; their ids may be among
        the added ones.
    """

    def __init__(self, base: Ids, added: Ids, removed: np.ndarray) -> None:
        self._base, self._added = base, added
        self._gone = np.zeros(len(base) + len(added), dtype=bool)
        self._gone[removed] = True

    def __len__(self) -> int:
        return len(self._gone)

    def locate(self, ids: Collection[str] | pa.Array) -> np.ndarray:
        """See `Keys.locate`."""
        wanted = strings(ids)
        old, new = self._base.locate(wanted), self._added.locate(wanted)
        old[old >= 0] = np.where(self._gone[old[old >= 0]], -1, old[old >= 0])
        return np.where(new >= 0, new + len(self._base), old)

    def take(self, rows: np.ndarray) -> np.ndarray:
        """See `Keys.take`."""
        made = np.empty(len(rows), dtype=object)
        later = rows >= len(self._base)
        made[~later] = self._base.take(rows[~later])
        made[later] = self._added.take(rows[later] - len(self._base))
        return made

    def there(self, rows: np.ndarray) -> np.ndarray:
        """See `Keys.there`."""
        return ~self._gone[rows]

    def ranks(self, rows: np.ndarray) -> np.ndarray:
        """See `Keys.ranks`."""
        order = pc.array_sort_indices(strings(self.take(rows))).to_numpy()
        made = np.empty(len(rows), dtype=np.int64)
        made[order] = np.arange(len(rows))
        return made


def hashed(names: pa.LargeStringArray) -> np.ndarray:
    """A 64-bit hash of each id that is the same on every machine, ``(n,)`` uint64."""
    made = np.empty(len(names), dtype=np.uint64)
    for start in range(0, len(names), _BLOCK):
        made[start : start + _BLOCK] = _hashed(names[start : start + _BLOCK])
    return made


def _hashed(names: pa.LargeStringArray) -> np.ndarray:
    _, ends, data = names.buffers()
    ends = np.frombuffer(ends, dtype=np.int64)[names.offset : names.offset + len(names) + 1]
    if data is None or ends[-1] == ends[0]:
        return splitmix64(np.zeros(len(names), dtype=np.uint64))
    letters = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]]
    starts, lengths = ends[:-1] - ends[0], np.diff(ends)
    place = np.arange(len(letters)) - np.repeat(starts, lengths)
    # A sum of letters, each times a number of its place; overflow is meant.
    worth = splitmix64(np.arange(1, int(lengths.max()) + 1, dtype=np.uint64)) | np.uint64(1)
    sums = np.zeros(len(names), dtype=np.uint64)
    full = lengths > 0
    terms = (letters.astype(np.uint64) + np.uint64(1)) * worth[place]
    sums[full] = np.add.reduceat(terms, starts[full])
    return splitmix64(sums)


def splitmix64(numbers: np.ndarray) -> np.ndarray:
    """Spread numbers over all 64 bits (the finaliser of SplitMix64)."""
    x = np.asarray(numbers, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
