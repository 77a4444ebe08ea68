"""Images: what they look like, and the polarity of a drawn face.

Appearance alone says nothing about affect outside faces, so an image speaks
through concepts: classes of the image encoder (ConSE, Norouzi et al. 2014,
arXiv:1312.5650) and words of the corpus near it in the joint space, each with
what the text head says of its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.affect.evidence import Evidence, sigmoid
from backend.affect.text import kernel
from backend.core.vectors import normalize
from backend.joint_space.numpy_model import Projection, softmax

NEAREST = 10  # concepts that speak for an image
GAMMA_FACE = 1.0
FACE = ("face_mean", "face_basis", "face_gate", "face_support", "face_weight", "face_base")


class Concepts:
    """Shares of the nearest concepts of images.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        ``class_weight (c, d)``, ``class_bias (c,)`` where the encoder has
        classes; ``word_joint (w, size)`` where there is a joint space.
    config : mapping
        ``concepts`` (names, classes first), ``word_temperature``.
    projection : Projection, optional
        Into the joint space.
    """

    def __init__(
        self,
        tensors: Mapping[str, np.ndarray],
        config: Mapping[str, Any],
        projection: Projection | None,
    ) -> None:
        self.names: Sequence[str] = config["concepts"]
        # Bundles keep half precision; converting at each call took as long as the products.
        weight, words = tensors.get("class_weight"), tensors.get("word_joint")
        self.weight = None if weight is None else weight.astype(np.float32, copy=False)
        self.bias = tensors.get("class_bias")
        self.words = None if words is None else words.astype(np.float32, copy=False)
        self.temperature = float(config["word_temperature"])
        self.projection = projection

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Image vectors ``(n, d)`` -> shares ``(n, concepts)``, each row summing to one."""
        rows = np.asarray(vectors, dtype=np.float32)
        kinds = []
        if self.weight is not None and self.bias is not None:
            kinds.append(_keep(softmax(rows @ self.weight.T + self.bias)))
        if self.words is not None and self.projection is not None:
            cosines = self.projection(rows) @ self.words.T
            kinds.append(_keep(softmax(cosines.astype(np.float64) / self.temperature)))
        if not kinds:
            return np.zeros((len(rows), 0))
        return np.concatenate(kinds, axis=1) / len(kinds)

    def top(self, shares: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """The strongest concepts of one image, ``(concepts,)`` shares."""
        order = np.argsort(-shares, kind="stable")[: 3 * k]
        found: dict[str, float] = {}
        for i in order:
            if shares[i] > 0:
                name = self.names[i]
                found[name] = found.get(name, 0.0) + float(shares[i])
        return sorted(found.items(), key=lambda item: -item[1])[:k]


def _keep(shares: np.ndarray) -> np.ndarray:
    """The largest `NEAREST` of each row; the rest's share is given to nothing."""
    if shares.shape[1] <= NEAREST:
        return shares.astype(np.float64)
    bound = np.partition(shares, -NEAREST, axis=1)[:, -NEAREST][:, None]
    return np.where(shares >= bound, shares, 0.0).astype(np.float64)


class ImageHead:
    """Emotion and sentiment of images.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        `Concepts`', ``concept_evidence (concepts, 10)``, ``concept_scale (10, 2)``
        (slope and shift), and for faces ``face_mean (d,)``, ``face_basis (d, k)``,
        ``face_gate (k + 1,)``, ``face_support (m, k)``, ``face_weight (m, 10)``,
        ``face_base (10,)``.
    config : mapping
    projection : Projection, optional
    """

    def __init__(
        self,
        tensors: Mapping[str, np.ndarray],
        config: Mapping[str, Any],
        projection: Projection | None,
    ) -> None:
        self.concepts = Concepts(tensors, config, projection)
        self._concept_evidence = tensors["concept_evidence"].astype(np.float64)
        self._scale = tensors["concept_scale"].astype(np.float64)
        self._faces = {name: tensors[name].astype(np.float64) for name in FACE if name in tensors}

    def faces(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether a drawn face is seen, and what it shows.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``.

        Returns
        -------
        gate : numpy.ndarray
            ``(n,)`` probability of a face.
        shown : numpy.ndarray
            ``(n, 10)`` log-odds as a face.
        """
        if not self._faces:
            return np.zeros(len(vectors)), np.zeros((len(vectors), 10))
        rows = np.asarray(vectors, dtype=np.float64) - self._faces["face_mean"]
        rows = rows @ self._faces["face_basis"]
        gate = sigmoid(rows @ self._faces["face_gate"][:-1] + self._faces["face_gate"][-1])
        near = kernel(normalize(rows), self._faces["face_support"], GAMMA_FACE)
        return gate, near @ self._faces["face_weight"] + self._faces["face_base"]

    def content(self, shares: np.ndarray) -> np.ndarray:
        """Concept shares ``(n, concepts)`` -> log-odds ``(n, 10)``."""
        if not shares.shape[1]:
            return np.zeros((len(shares), 10))
        return (shares @ self._concept_evidence) * self._scale[:, 0] + self._scale[:, 1]

    def looks_like(self, vector: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """The concepts that speak for one image ``(d,)``, strongest first, with their shares."""
        return self.concepts.top(self.concepts(vector[None])[0], k)

    def names_of(self, vectors: np.ndarray) -> list[str]:
        """The strongest concept of each of ``(n, d)`` vectors; empty where there are none."""
        top = [self.concepts.top(shares, 1) for shares in self.concepts(vectors)]
        return [found[0][0] if found else "" for found in top]

    def evidence(self, vectors: np.ndarray) -> Evidence:
        """What images say, in log-odds."""
        gate, shown = self.faces(vectors)
        content = self.content(self.concepts(vectors))
        odds = gate[:, None] * shown + (1.0 - gate)[:, None] * content
        return Evidence(odds[:, :9], odds[:, 9])
