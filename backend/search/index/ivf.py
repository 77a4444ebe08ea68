"""Vectors sorted into lists of near ones, of which a search reads the nearest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backend.search.index.scanners import HalfScanner, bitmap, faiss
from backend.settings import SEED

_ADDED = 50_000  # rows sorted into lists at a time
_TURNS = 10  # of k-means
_TRAIN_A_LIST = 64  # vectors that a list's middle is trained on
_POSITION = 8  # bytes
_WIDER = 4  # times as many lists are read, at most, for more hits or past a filter
_USUAL = 32  # hits that the number of lists was measured for, and some more
_WIDEST = 4_096  # hits; to find more, all are compared


class ListScanner(HalfScanner):
    """Compares the query with the vectors of the lists whose middles are nearest (IVF).

    Sivic & Zisserman 2003. Measured here against HNSW: among a hundred thousand
    vectors a fifth of the time at a recall of .99, as queries of another kind
    than the vectors lead walks along a graph astray; and a filter costs nothing.

    Parameters
    ----------
    path : pathlib.Path
        A ``faiss.IndexIVFScalarQuantizer`` of kind ``QT_fp16``, read page by page.
    spots : numpy.ndarray
        ``(n,)`` int64: where in the file the vector at each position begins.
    probes : int
        Lists that are read.
    sample, near
        See `HalfScanner`.
    """

    def __init__(
        self,
        path: Path,
        spots: np.ndarray,
        *,
        probes: int,
        sample: np.ndarray | None = None,
        near: np.ndarray | None = None,
    ) -> None:
        # Not IO_FLAG_MMAP: that starts 32 threads a query, to read ahead.
        self._index = faiss().read_index(str(path), faiss().IO_FLAG_MMAP_IFC)
        self._spots, self._probes = spots, probes
        self._runs, self._start = _mapped(self._index, path)
        self.sampled_from(sample, near)

    def __len__(self) -> int:
        return len(self._spots)

    @property
    def lists(self) -> int:
        """How many there are."""
        return int(self._index.nlist)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """See `HalfScanner.gather`."""
        return self._runs[self._spots[rows] - self._start].view(np.float16).reshape(len(rows), -1)

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        # More hits, or hits among few, lie in more lists.
        wider = max(want / _USUAL, 1.0 if rows is None else len(self) / max(len(rows), 1))
        probes = int(self._probes * min(max(wider, 1.0), _WIDER))
        if exact or self.few(rows) or want > _WIDEST or probes >= self.lists:
            return super().scan(query, want, rows)
        scores, found = self._index.search(query[None], want, params=self.passing(rows, probes))
        found = found[0][found[0] >= 0]
        return found, float(scores[0][len(found) - 1]) if len(found) else -1.0, False

    def passing(self, rows: np.ndarray | None, probes: int | None = None) -> Any:
        """See `HalfScanner.passing`; all lists when `probes` does not say."""
        given: dict[str, Any] = {"nprobe": probes or self.lists}
        if rows is not None:
            given["sel"] = faiss().IDSelectorBitmap(bitmap(len(self), rows))
        return faiss().SearchParametersIVF(**given)


def _mapped(index: Any, path: Path) -> tuple[np.ndarray, int]:
    """Every run of bytes as long as a vector in FAISS's own mapping, and where that begins."""
    at, width = path.stat().st_size - index.ntotal * (index.code_size + _POSITION), index.code_size
    first = next(i for i in range(index.nlist) if index.invlists.list_size(i))
    raw = faiss().rev_swig_ptr(index.invlists.get_codes(first), path.stat().st_size - at)
    whole = raw[: len(raw) // width * width].view(f"V{width}")
    runs = (len(raw) - width + 1,)
    return np.lib.stride_tricks.as_strided(whole, runs, (1,), writeable=False), at


def listed(
    vectors: np.ndarray, lists: int, *, progress: Callable[[int, int], None] | None = None
) -> Any:
    """Sort unit vectors ``(n, dim)`` into lists of near ones; copies them in half precision."""
    n, dim = vectors.shape
    index = faiss().IndexIVFScalarQuantizer(
        faiss().IndexFlatIP(dim),
        dim,
        lists,
        faiss().ScalarQuantizer.QT_fp16,
        faiss().METRIC_INNER_PRODUCT,
        False,  # the vectors themselves, not what they differ from their list's middle by
    )
    index.cp.niter, index.cp.seed = _TURNS, SEED
    index.cp.min_points_per_centroid = 1  # do not warn of few
    rng = np.random.default_rng(SEED)
    some = np.sort(rng.choice(n, min(n, _TRAIN_A_LIST * lists), replace=False))
    index.train(np.asarray(vectors[some], dtype=np.float32))
    for start in range(0, n, _ADDED):
        index.add(np.asarray(vectors[start : start + _ADDED], dtype=np.float32))
        if progress is not None:
            progress(index.ntotal, n)
    return index


def spots(index: Any, path: Path) -> np.ndarray:
    """Where in its file each vector of `listed` begins, ``(n,)`` int64.

    FAISS writes the lists last: of each the vectors, then their positions.
    """
    width = index.code_size
    made = np.empty(index.ntotal, dtype=np.int64)
    at = path.stat().st_size - index.ntotal * (width + _POSITION)
    for i in range(index.nlist):
        size = index.invlists.list_size(i)
        ids = faiss().rev_swig_ptr(index.invlists.get_ids(i), size) if size else []
        made[np.asarray(ids, dtype=np.int64)] = at + width * np.arange(size)
        at += size * (width + _POSITION)
    return made
