"""Vectors in files beside a table: NumPy's ``.npy`` and ``.npz``, and ``.safetensors``.

A row of an array belongs to the row of the table at the same place, or to the post whose id
stands at its place in an array ``ids`` of the same file. An array then is a column of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from backend.domain import KindredError
from backend.ingest.readers import npz
from backend.ingest.readers.base import Row
from backend.ingest.readers.column_names import normalise
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.time_limit import OutOfTimeError, check_time
from backend.settings import settings

ENDINGS = (".npy", ".npz", ".safetensors")
_ARRAYS = 64  # of a file
_HEADER = 2**20  # bytes of a .safetensors file
_NAMED = 10  # arrays, in a message
_IDS_AT_ONCE = 4096
_IDS = ("ids", "id", "names", "keys")
# fmt: off
_KEYS = frozenset((
    "id", "ids", "postid", "tweetid", "statusid", "uid", "userid", "username", "user", "author",
    "authorid", "handle", "name",
))
# fmt: on


@dataclass(frozen=True, slots=True, eq=False)
class VectorArray:
    """An array of vectors beside a table.

    Attributes
    ----------
    column : str
        Name of the column that it becomes.
    rows : numpy.ndarray
        ``(n, dim)``.
    ids : mapping of str to int, optional
        Row by id of post or user; None: rows in the order of the table.
    """

    column: str
    rows: np.ndarray
    ids: Mapping[str, int] | None = None


def arrays(path: Path, label: str = "") -> list[VectorArray]:
    """Open the arrays of a file without reading them.

    Raises
    ------
    KindredError
        ``no_file``; ``bad_vectors`` for a file that is damaged, or has no array of vectors.
    """
    label = label or path.name
    if not path.is_file():
        raise KindredError("no_file", f"There is no file {path}.")
    try:
        if path.suffix == ".npy":
            found: dict[str, Any] = {"": np.load(path, mmap_mode="r", allow_pickle=False)}
        elif path.suffix == ".npz":
            found = dict(npz.arrays(path, label))
        elif path.suffix == ".safetensors":
            found = _lazily(path)
        else:
            message = f"{label} has no vectors: they are in {', '.join(ENDINGS)} files."
            raise KindredError("bad_vectors", message)
    except (KindredError, OutOfTimeError, MemoryError):
        raise
    # NumPy raises what its parsers raise; objects in an array would be unpickled, and are not.
    except Exception as error:
        message = f"{label} cannot be read as an array of numbers: {str(error)[:160]}"
        raise KindredError("bad_vectors", message) from error
    ids = next((found.pop(name) for name in _IDS if name in found), None)
    usable = {n: a for n, a in found.items() if a.ndim == 2 and a.dtype.kind in "fiu"}
    if not usable:
        some = islice(found.items(), _NAMED)
        shapes = ", ".join(f"{name[:80] or 'array'} {array.shape}" for name, array in some)
        message = f"{label} has no array of vectors, (rows, numbers); it has {shapes or 'nothing'}."
        raise KindredError("bad_vectors", message)
    if len(usable) > _ARRAYS:
        message = f"{label} has {len(usable):,} arrays of vectors and the limit is {_ARRAYS}."
        raise KindredError("bad_vectors", message)
    rows = None if ids is None else _places(ids, label)
    made = []
    for name, array in usable.items():
        if ids is not None and len(ids) != len(array):
            message = f"{label} has {len(ids):,} ids for {len(array):,} vectors."
            raise KindredError("bad_vectors", message)
        column = label if len(usable) == 1 else f"{label}:{name}"
        made.append(VectorArray(column, array, rows))
    return made


class _Slices:
    """A matrix of a ``.safetensors`` file, read a block at a time."""

    BLOCK = 4096

    def __init__(self, path: Path, name: str, shape: tuple[int, ...]) -> None:
        self._path, self._name = path, name
        self.shape, self.ndim, self.dtype = shape, len(shape), np.dtype(np.float32)
        self._start, self._block = -1, np.empty(0)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, row: int) -> np.ndarray:
        start = row - row % self.BLOCK
        if start != self._start:
            from safetensors import safe_open

            with safe_open(self._path, framework="numpy") as file:
                self._block = file.get_slice(self._name)[start : min(start + self.BLOCK, len(self))]
            self._start = start
        vector: np.ndarray = self._block[row - start]
        return vector


def _lazily(path: Path) -> dict[str, Any]:
    """Return the matrices of a ``.safetensors`` file unread, and its other arrays."""
    from safetensors import safe_open

    with path.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
    if size > _HEADER:
        raise ValueError("its header is longer than that of a few arrays")
    with safe_open(path, framework="numpy") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        return {
            name: _Slices(path, name, shape) if len(shape) == 2 else file.get_tensor(name)
            for name, shape in shapes.items()
        }


def _places(ids: np.ndarray, label: str) -> dict[str, int]:
    """Return the row of each id, the last one of those that are twice."""
    limit, places = settings().limits.rows, {}
    if ids.ndim != 1 or len(ids) > limit:
        message = f"The ids of {label} are not a list of at most {limit:,}."
        raise KindredError("bad_vectors", message)
    for start in range(0, len(ids), _IDS_AT_ONCE):
        check_time()
        for row, id_ in enumerate(ids[start : start + _IDS_AT_ONCE].tolist(), start):
            places[_text(id_)] = row
    return places


def _text(id_: Any) -> str:
    return id_.decode("utf-8", "replace") if isinstance(id_, bytes) else str(id_)


def named(vectors: tuple[str, ...]) -> list[VectorArray]:
    """Open the files that the options of an import name, as ``[field=]path``."""
    found = []
    for value in vectors:
        field, _, path = value.rpartition("=")
        label = f"{field} {Path(path).name}" if field else Path(path).name
        found += arrays(Path(path), label)
    return found


def beside(tree: Tree) -> list[VectorArray]:
    """Open the files of a source that is a folder."""
    found = []
    for name in tree.names(*ENDINGS) if tree.path.is_dir() else []:
        tree.opened.add(name)
        found += arrays(tree.path / name, name)
    return found


def joined(rows: Iterator[Row], found: list[VectorArray]) -> Iterator[Row]:
    """Give each row its vectors.

    Raises
    ------
    KindredError
        ``bad_vectors`` at the end, where an array has more or fewer rows than the table.
    """
    count = 0
    for place, row in enumerate(rows):
        count = place + 1
        extra = {a.column: _vector(a, row, place) for a in found}
        yield replace(row, cells={**row.cells, **extra}) if row.cells else row
    for array in found:
        if array.ids is None and len(array.rows) != count:
            raise KindredError(
                "bad_vectors",
                f"{array.column} has {len(array.rows):,} vectors and the table {count:,} rows. "
                "They must be as many, or a .npz or .safetensors file must hold an array ids, too.",
            )


def _vector(array: VectorArray, row: Row, place: int) -> np.ndarray | None:
    if array.ids is None:
        return array.rows[place] if place < len(array.rows) else None
    for column, value in row.cells.items():
        if normalise(column) in _KEYS and (at := array.ids.get(str(value))) is not None:
            return array.rows[at]
    return None
