"""The image head: evidence from concepts in an image and from drawn faces.

Concepts are classes of the image encoder (a convex combination of the evidence of
their names, as ConSE combines embeddings of names: Norouzi et al. 2014,
arXiv:1312.5650, eq. 2) and words of the corpus near the image in the joint space. The
evidence of a concept is that of the text head for its name. Faces have a head of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.affect.evidence import Evidence, sigmoid
from backend.affect.kernel import kernel
from backend.core.vectors import normalize
from backend.joint_space.numpy_model import Projection, softmax

NEAREST = 10  # concepts of each kind that count for an image
GAMMA_FACE = 1.0
FACE = ("face_mean", "face_basis", "face_gate", "face_support", "face_weight", "face_base")


class Concepts:
    """Probabilities of the concepts nearest to images.

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
        """Probabilities ``(n, concepts)`` from vectors ``(n, d)``; 0 but for the nearest."""
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

    def top(self, probabilities: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """Names and probabilities of the strongest concepts of one image ``(concepts,)``."""
        order = np.argsort(-probabilities, kind="stable")[: 3 * k]
        strongest: dict[str, float] = {}
        for i in order:
            if probabilities[i] > 0:
                name = self.names[i]
                strongest[name] = strongest.get(name, 0.0) + float(probabilities[i])
        return sorted(strongest.items(), key=lambda item: -item[1])[:k]


def _keep(probabilities: np.ndarray) -> np.ndarray:
    """Set all but the largest `NEAREST` of each row to 0, without renormalising."""
    if probabilities.shape[1] <= NEAREST:
        return probabilities.astype(np.float64)
    bound = np.partition(probabilities, -NEAREST, axis=1)[:, -NEAREST][:, None]
    return np.where(probabilities >= bound, probabilities, 0.0).astype(np.float64)


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
        """Detect drawn faces and predict their emotions.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``.

        Returns
        -------
        gate : numpy.ndarray
            ``(n,)`` probability of a face.
        face : numpy.ndarray
            ``(n, 10)`` log-odds, given that the image is a face.
        """
        if not self._faces:
            return np.zeros(len(vectors)), np.zeros((len(vectors), 10))
        rows = np.asarray(vectors, dtype=np.float64) - self._faces["face_mean"]
        rows = rows @ self._faces["face_basis"]
        gate = sigmoid(rows @ self._faces["face_gate"][:-1] + self._faces["face_gate"][-1])
        near = kernel(normalize(rows), self._faces["face_support"], GAMMA_FACE)
        return gate, near @ self._faces["face_weight"] + self._faces["face_base"]

    def concept_odds(self, probabilities: np.ndarray) -> np.ndarray:
        """Log-odds ``(n, 10)`` from probabilities of concepts ``(n, concepts)``."""
        if not probabilities.shape[1]:
            return np.zeros((len(probabilities), 10))
        return (probabilities @ self._concept_evidence) * self._scale[:, 0] + self._scale[:, 1]

    def looks_like(self, vector: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """Concepts of one image ``(d,)`` with their probabilities, strongest first."""
        return self.concepts.top(self.concepts(vector[None])[0], k)

    def names_of(self, vectors: np.ndarray) -> list[str]:
        """The strongest concept of each of ``(n, d)`` vectors; empty where there are none."""
        top = [self.concepts.top(row, 1) for row in self.concepts(vectors)]
        return [concepts[0][0] if concepts else "" for concepts in top]

    def evidence(self, vectors: np.ndarray) -> Evidence:
        """The evidence of images, in log-odds."""
        gate, face = self.faces(vectors)
        from_concepts = self.concept_odds(self.concepts(vectors))
        odds = gate[:, None] * face + (1.0 - gate)[:, None] * from_concepts
        return Evidence(odds[:, :9], odds[:, 9])
