"""Any number of vectors for benchmarks, sampled around those of the shipped corpus."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.core.vectors import normalize
from backend.corpus.schema import to_matrix
from backend.domain import Kind
from backend.maps import graph
from backend.settings import ASSETS, SEED, settings

BLOCK = 50_000
NEAR = 10  # neighbours to mix a vector with
NOISE = 0.5  # length of the noise, as a fraction of the distance to the fifth neighbour


def sample(real: np.ndarray, size: int, *, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Sample vectors between real ones and their neighbours, with noise.

    Parameters
    ----------
    real : numpy.ndarray
        ``(n, dim)`` of unit length.
    size : int
    seed : int

    Returns
    -------
    rows : numpy.ndarray
        ``(size,)``: the real vector that each starts from.
    vectors : numpy.ndarray
        ``(size, dim)`` float32 of unit length.
    """
    near, distances = graph.neighbours(real, NEAR + 1)
    rng = np.random.default_rng(seed)
    rows = np.arange(size) % len(real)
    others = near[rows, rng.integers(1, NEAR + 1, size)]
    share = rng.random((size, 1)).astype(np.float32) / 2
    mixed = (1 - share) * real[rows] + share * real[others]
    # 1 - cos is half the squared distance between unit vectors.
    scale = NOISE * np.sqrt(2 * distances[rows, 5] / real.shape[1])
    mixed += scale[:, None] * rng.normal(size=mixed.shape).astype(np.float32)
    return rows, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def shipped_vectors(kind: Kind = Kind.POST) -> tuple[list[str], np.ndarray]:
    """Return ids and joint vectors of the shipped corpus, of unit length."""
    table = pq.read_table(ASSETS / "corpus" / "vectors" / f"{settings().bundle}.parquet")
    table = table.filter(pc.equal(table["kind"], kind.value))
    return table["id"].to_pylist(), to_matrix(table["vector"])


def rotated_vectors(dim: int) -> dict[Kind, np.ndarray]:
    """Return centred shipped vectors of each kind on their first principal axes, of unit length."""
    kinds = {kind: graph.centred(shipped_vectors(kind)[1]) for kind in Kind}
    _, axes = np.linalg.eigh(np.cov(np.concatenate(list(kinds.values())).T))
    first = axes[:, ::-1][:, :dim].astype(np.float32)
    return {kind: normalize(vectors @ first) for kind, vectors in kinds.items()}


def sample_many(real: np.ndarray, size: int) -> np.ndarray:
    """Sample in blocks: a million vectors take no more memory than their own."""
    vectors = np.empty((size, real.shape[1]), dtype=np.float32)
    for start in range(0, size, BLOCK):
        rows = vectors[start : start + BLOCK]
        rows[:] = sample(real, len(rows), seed=SEED + start)[1]
    return vectors
