"""Inverted lists (IVF): vectors sorted into clusters, of which a search reads the nearest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.core.progress import Progress
from backend.search.index.scanners import HalfScanner, bitmap, faiss
from backend.settings import SEED

_ADDED = 50_000  # rows sorted into lists at a time
_KMEANS_ITERATIONS = 10  # iterations of k-means
_TRAIN_PER_LIST = 64  # vectors that the centroid of a list is trained on
_POSITION = 8  # bytes of a position in the file
_WIDER = 4  # at most so many times `probes` lists are read, for more hits or with a filter
_USUAL = 32  # hits that `probes` suffices for
_WIDEST = 4_096  # hits; for more, all vectors are compared


class ListScanner(HalfScanner):
    """Compares the query with the vectors of the lists whose centroids are nearest (IVF).

    Sivic & Zisserman 2003. Among a hundred thousand vectors it took a fifth of the
    time of HNSW at a recall of .99, because queries of another modality than the
    vectors lead walks along a graph astray; and a filter costs nothing.

    Parameters
    ----------
    path : pathlib.Path
        A ``faiss.IndexIVFScalarQuantizer`` of kind ``QT_fp16``, read page by page.
    byte_offsets : numpy.ndarray
        ``(n,)`` int64: where in the file the vector at each position begins.
    probes : int
        Number of lists that a query reads.
    sample, sample_vectors
        See `HalfScanner`.
    """

    def __init__(
        self,
        path: Path,
        byte_offsets: np.ndarray,
        *,
        probes: int,
        sample: np.ndarray | None = None,
        sample_vectors: np.ndarray | None = None,
    ) -> None:
        # Not IO_FLAG_MMAP, which starts 32 threads for each query to read ahead.
        self._index = faiss().read_index(str(path), faiss().IO_FLAG_MMAP_IFC)
        self._byte_offsets, self._probes = byte_offsets, probes
        self._runs, self._start = _all_runs(self._index, path)
        self.set_sample(sample, sample_vectors)

    def __len__(self) -> int:
        return len(self._byte_offsets)

    @property
    def lists(self) -> int:
        """Number of lists."""
        return int(self._index.nlist)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """See `HalfScanner.gather`."""
        return (
            self._runs[self._byte_offsets[rows] - self._start]
            .view(np.float16)
            .reshape(len(rows), -1)
        )

    def scan(
        self, query: np.ndarray, want: int, rows: np.ndarray | None, *, exact: bool = False
    ) -> tuple[np.ndarray, float, bool]:
        """See `Scanner`."""
        # More hits, or hits among few, lie in more lists.
        wider = max(want / _USUAL, 1.0 if rows is None else len(self) / max(len(rows), 1))
        probes = int(self._probes * min(max(wider, 1.0), _WIDER))
        if exact or self.is_few(rows) or want > _WIDEST or probes >= self.lists:
            return super().scan(query, want, rows)
        scores, positions = self._index.search(
            query[None], want, params=self.search_parameters(rows, probes)
        )
        positions = positions[0][positions[0] >= 0]
        return positions, float(scores[0][len(positions) - 1]) if len(positions) else -1.0, False

    def search_parameters(self, rows: np.ndarray | None, probes: int | None = None) -> Any:
        """See `HalfScanner.search_parameters`; all lists without `probes`."""
        options: dict[str, Any] = {"nprobe": probes or self.lists}
        if rows is not None:
            options["sel"] = faiss().IDSelectorBitmap(bitmap(len(self), rows))
        return faiss().SearchParametersIVF(**options)


def _all_runs(index: Any, path: Path) -> tuple[np.ndarray, int]:
    """View FAISS's own mapping as overlapping vectors, one from each byte; and its offset.

    Returns
    -------
    runs : numpy.ndarray
        Row `i` is the vector whose bytes begin at `start + i` in the file.
    start : int
    """
    start, width = (
        path.stat().st_size - index.ntotal * (index.code_size + _POSITION),
        index.code_size,
    )
    first = next(i for i in range(index.nlist) if index.invlists.list_size(i))
    raw = faiss().rev_swig_ptr(index.invlists.get_codes(first), path.stat().st_size - start)
    whole = raw[: len(raw) // width * width].view(f"V{width}")
    runs = (len(raw) - width + 1,)
    return np.lib.stride_tricks.as_strided(whole, runs, (1,), writeable=False), start


def build_lists(vectors: np.ndarray, lists: int, *, progress: Progress | None = None) -> Any:
    """Sort unit vectors ``(n, dim)`` into lists of neighbours, copied in half precision."""
    n, dim = vectors.shape
    index = faiss().IndexIVFScalarQuantizer(
        faiss().IndexFlatIP(dim),
        dim,
        lists,
        faiss().ScalarQuantizer.QT_fp16,
        faiss().METRIC_INNER_PRODUCT,
        False,  # store the vectors themselves, not their residuals
    )
    index.cp.niter, index.cp.seed = _KMEANS_ITERATIONS, SEED
    index.cp.min_points_per_centroid = 1  # no warning about few vectors
    rng = np.random.default_rng(SEED)
    train_rows = np.sort(rng.choice(n, min(n, _TRAIN_PER_LIST * lists), replace=False))
    index.train(np.asarray(vectors[train_rows], dtype=np.float32))
    for start in range(0, n, _ADDED):
        index.add(np.asarray(vectors[start : start + _ADDED], dtype=np.float32))
        if progress is not None:
            progress(index.ntotal, n)
    return index


def byte_offsets(index: Any, path: Path) -> np.ndarray:
    """Return where in its file each vector of `build_lists` begins, ``(n,)`` int64.

    FAISS writes the lists last, and of each list the vectors, then their positions.
    """
    width = index.code_size
    offsets = np.empty(index.ntotal, dtype=np.int64)
    start = path.stat().st_size - index.ntotal * (width + _POSITION)
    for i in range(index.nlist):
        size = index.invlists.list_size(i)
        ids = faiss().rev_swig_ptr(index.invlists.get_ids(i), size) if size else []
        offsets[np.asarray(ids, dtype=np.int64)] = start + width * np.arange(size)
        start += size * (width + _POSITION)
    return offsets
