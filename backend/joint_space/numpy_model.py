"""The joint space in plain numpy, for all that is not training.

A process that reads texts only then loads no torch, which takes two seconds.
Tests compare it with `backend.joint_space.model.JointSpace`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backend.core.vectors import normalize
from backend.domain import Modality

Product = Callable[[np.ndarray, np.ndarray], np.ndarray]

ALIGNED = 0.8  # weight of an aligned space in the cosine of two joint vectors
# Trained parts fade with the distance from what they were trained on, and are silent from this
# share beyond it: else they cost recall on everything else.
FADING = 0.1
ROUNDING = 1e-5  # of a squared length in single precision, at most


class Projection:
    """Projects raw features of one modality to joint vectors of unit length.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        As from `backend.joint_space.model.save`.
    config : mapping
        Its configuration.
    modality : str
    """

    def __init__(
        self, tensors: Mapping[str, np.ndarray], config: Mapping[str, Any], modality: str
    ) -> None:
        self.mean = tensors[f"mean_{modality}"]
        self.scale = tensors[f"scale_{modality}"]
        self.canonical = tensors[f"canonical_{modality}"] if config["linear"] else None
        self.classes = (
            (tensors["class_weight"], tensors["class_bias"], tensors["class_text"])
            if modality == "image" and config["classes"]
            else None
        )
        aligned = config.get("aligned") or {}
        self.aligned_dim = max(aligned.values(), default=0)
        self.modalities, self.place = len(config["inputs"]), list(config["inputs"]).index(modality)
        self.centre = tensors[f"centre_{modality}"] if modality in aligned else None
        self.reach = tensors[f"reach_{modality}"] if modality in aligned else None
        self.members = [
            {
                part: (
                    tensors[f"heads.{i}.{modality}.{part}.weight"],
                    tensors[f"heads.{i}.{modality}.{part}.bias"],
                )
                for part in ("linear", "hidden", "out")
            }
            for i in range(config["members"])
        ]

    def __call__(self, raw: np.ndarray, product: Product = np.matmul) -> np.ndarray:
        """Project raw features ``(n, d)`` to ``(n, dim)`` float32."""
        rows = np.asarray(raw, dtype=np.float32)
        if self.classes is not None:
            weight, bias, text = self.classes
            likely = softmax(product(rows, weight.T) + bias)
            rows = np.concatenate([rows, product(likely, text)], axis=1)
        rows = (rows - self.mean) * self.scale
        parts = []
        for member in self.members:
            (w, b), (hw, hb), (ow, ob) = (member[p] for p in ("linear", "hidden", "out"))
            bent = _gelu(product(rows, hw.T) + hb)
            parts.append(normalize(product(rows, w.T) + b + product(bent, ow.T) + ob))
        if self.canonical is not None:
            parts.append(normalize(product(rows, self.canonical)))
        if self.centre is not None:
            far = np.square(rows).sum(axis=1, keepdims=True) / self.reach
            parts = [part * np.clip(1 - (far - 1) / FADING, 0, 1) for part in parts]
        if self.aligned_dim:
            own = np.zeros((len(raw), self.aligned_dim), dtype=np.float32)
            if self.centre is not None:
                own = normalize(normalize(np.asarray(raw, np.float32)) - self.centre)
            parts.append(own)
        return self._with_slack(parts) if self.aligned_dim else _join(parts)

    def _with_slack(self, parts: list[np.ndarray]) -> np.ndarray:
        """As `backend.joint_space.model.JointSpace.join`."""
        weights = part_weights(len(parts) - 1)
        scaled = [part * weight**0.5 for part, weight in zip(parts, weights, strict=True)]
        joined = np.concatenate(scaled, axis=1)
        slack = np.zeros((len(joined), self.modalities), dtype=np.float32)
        rest = 1 - np.square(joined).sum(axis=1)
        slack[:, self.place] = np.sqrt(np.where(rest > ROUNDING, rest, 0))
        return np.concatenate([joined, slack], axis=1).astype(np.float32)


class NumpyJointSpace:
    """A joint space for inference only.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
    config : mapping
        As from `backend.joint_space.model.save`.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> None:
        self.projections = {m: Projection(tensors, config, m) for m in config["inputs"]}
        self._users = [
            (tensors[f"heads.{i}.user.change.weight"], tensors[f"heads.{i}.user.change.bias"])
            for i in range(config["members"])
        ]
        sizes = [config["dim"]] * config["members"]
        sizes += [config["linear"]] if config["linear"] else []
        self._aligned = bool(config.get("aligned"))
        if self._aligned:
            sizes += [max(config["aligned"].values()), len(config["inputs"])]
        self._ends = np.cumsum(sizes)[:-1]
        self.dim = int(sum(sizes))

    def project(self, modality: Modality | str, raw: np.ndarray) -> np.ndarray:
        """As `backend.joint_space.model.JointSpace.project`."""
        return self.projections[Modality(modality).value](raw, _row_by_row)

    def posts(self, vectors: Mapping[Modality, np.ndarray]) -> np.ndarray:
        """As `backend.joint_space.model.JointSpace.posts`."""
        total = np.sum([vectors[m] for m in Modality if m in vectors], axis=0)
        rows = total.astype(np.float32)
        return normalize(rows) if self._aligned else _join(self._split(rows))

    def users(self, means: np.ndarray) -> np.ndarray:
        """As `backend.joint_space.model.JointSpace.users`."""
        means = np.asarray(means, dtype=np.float32)
        parts = self._split(means)
        for i, (weight, bias) in enumerate(self._users):
            parts[i] = normalize(parts[i] + parts[i] @ weight.T + bias)
        if self._aligned:
            cut = np.split(means, self._ends, axis=1)
            lengths = [np.linalg.norm(part, axis=1, keepdims=True) for part in cut]
            parts = [part * length for part, length in zip(parts, lengths, strict=True)]
            return normalize(np.concatenate(parts, axis=1)).astype(np.float32)
        return _join(parts)

    def _split(self, joint: np.ndarray) -> list[np.ndarray]:
        return [normalize(part) for part in np.split(joint, self._ends, axis=1)]


def part_weights(others: int) -> list[float]:
    """Return the weight of each cosine: of the parts that are trained, and of the aligned one.

    Examples
    --------
    >>> part_weights(2)
    [0.1, 0.1, 0.8]
    """
    return [round((1 - ALIGNED) / others, 9)] * others + [ALIGNED]


def _row_by_row(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Multiply each row alone.

    A post must always have the same vector. BLAS may round differently with the number of rows
    and of threads, einsum does not.
    """
    products = np.empty((len(rows), matrix.shape[1]), np.float32)
    for row, product in zip(rows, products, strict=True):
        np.einsum("d,dk->k", row, matrix, out=product)
    return products


def _join(parts: list[np.ndarray]) -> np.ndarray:
    return (np.concatenate(parts, axis=1) / len(parts) ** 0.5).astype(np.float32)


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax along the last axis."""
    probabilities = np.exp(x - x.max(axis=-1, keepdims=True))
    return probabilities / probabilities.sum(axis=-1, keepdims=True)


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return 0.5 * x * (1.0 + erf(x / 2**0.5))
