"""Vectors of any number for benchmarks, made of the shipped corpus's own."""

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
NEAR = 10  # neighbours that a made vector may lie between
NOISE = 0.5  # length of the noise, as a share of the distance to the fifth neighbour


def drawn(real: np.ndarray, size: int, *, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Vectors between real ones and their neighbours, with noise.

    Parameters
    ----------
    real : numpy.ndarray
        ``(n, dim)`` of unit length.
    size : int
    seed : int

    Returns
    -------
    rows : numpy.ndarray
        ``(size,)``: the real one that each begins at.
    vectors : numpy.ndarray
        ``(size, dim)`` float32 of unit length.
    """
    found, distances = graph.neighbours(real, NEAR + 1)
    rng = np.random.default_rng(seed)
    rows = np.arange(size) % len(real)
    others = found[rows, rng.integers(1, NEAR + 1, size)]
    share = rng.random((size, 1)).astype(np.float32) / 2
    mixed = (1 - share) * real[rows] + share * real[others]
    # 1 - cos is half the squared distance between unit vectors.
    scale = NOISE * np.sqrt(2 * distances[rows, 5] / real.shape[1])
    mixed += scale[:, None] * rng.normal(size=mixed.shape).astype(np.float32)
    return rows, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def shipped_vectors(kind: Kind = Kind.POST) -> tuple[list[str], np.ndarray]:
    """Ids and joint vectors of the shipped corpus, unit length."""
    table = pq.read_table(ASSETS / "corpus" / "vectors" / f"{settings().bundle}.parquet")
    table = table.filter(pc.equal(table["kind"], kind.value))
    return table["id"].to_pylist(), to_matrix(table["vector"])


def turned(dim: int) -> dict[Kind, np.ndarray]:
    """Centred shipped vectors of each kind on their first principal axes, unit length."""
    kinds = {kind: graph.centred(shipped_vectors(kind)[1]) for kind in Kind}
    _, axes = np.linalg.eigh(np.cov(np.concatenate(list(kinds.values())).T))
    first = axes[:, ::-1][:, :dim].astype(np.float32)
    return {kind: normalize(vectors @ first) for kind, vectors in kinds.items()}


def many(real: np.ndarray, size: int) -> np.ndarray:
    """As `drawn`, in blocks: a million vectors in no more memory than they take."""
    made = np.empty((size, real.shape[1]), dtype=np.float32)
    for start in range(0, size, BLOCK):
        rows = made[start : start + BLOCK]
        rows[:] = drawn(real, len(rows), seed=SEED + start)[1]
    return made
