"""Vectors of the text encoder itself, in the length of the joint space, for one table of all.

The joint space makes kinds comparable and loses some of what the text encoder knows, so
texts are compared with texts by the encoder. Images are compared in the joint space, which
finds more of the same thing than the image encoder does; but the encoder tells better who
made an image, so the user space of a corpus is made of all native vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from backend.bundles.embedder import Embedder, Features
from backend.core.vectors import normalize
from backend.corpus.native import Native
from backend.domain import Kind, Modality
from backend.settings import SEED


def native_vectors(
    embedder: Embedder, features: Sequence[Features]
) -> list[dict[Native, np.ndarray]]:
    """Return the native vectors of posts, ``(dim,)`` float32 of the joint space's `dim`.

    A post without a text means what is written in its image or said in its sound.
    """
    dim = embedder.space.dim
    return [{kind: fitted(raw, dim) for kind, raw in _raw(one).items()} for one in features]


def _raw(feature: Features) -> dict[Native, np.ndarray]:
    found = {
        Native.MEANING: _meaning(feature),
        Native.LOOK: feature.vectors.get(Modality.IMAGE),
        Native.SOUND: feature.vectors.get(Modality.AUDIO),
    }
    return {kind: vector for kind, vector in found.items() if vector is not None}


def _meaning(feature: Features) -> np.ndarray | None:
    """Return the text encoder's vector of a post; None without a word."""
    if Modality.TEXT in feature.vectors:
        return feature.vectors[Modality.TEXT]
    if not feature.words:
        return None
    trusted = [feature.readings[m].confidence * words for m, words in feature.words.items()]
    return normalize(np.sum(trusted, axis=0))


def with_native(
    joint: Mapping[Kind, np.ndarray], native: Mapping[Native, np.ndarray]
) -> dict[Kind | Native, np.ndarray]:
    """Return all vectors of a post that a corpus stores."""
    stored: dict[Kind | Native, np.ndarray] = {}
    for kind, vector in joint.items():
        stored[kind] = vector
    for name, vector in native.items():
        stored[name] = vector
    return stored


def fitted(raw: np.ndarray, dim: int) -> np.ndarray:
    """Fit vectors ``(..., d)`` to a length.

    Shorter ones are padded; longer ones projected at random, which keeps cosines (Johnson
    and Lindenstrauss, 1984).
    """
    size = raw.shape[-1]
    if size <= dim:
        return np.pad(raw, [(0, 0)] * (raw.ndim - 1) + [(0, dim - size)]).astype(np.float32)
    return np.asarray(raw @ _projection(size, dim), dtype=np.float32)


@lru_cache(maxsize=4)
def _projection(size: int, dim: int) -> np.ndarray:
    drawn = np.random.default_rng(SEED).standard_normal((size, dim), dtype=np.float32)
    return drawn / np.float32(np.sqrt(dim))
