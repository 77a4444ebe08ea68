"""The joint space in plain numpy, without torch.

Used by the affect heads, which compare images with words, and by apps with remote
encoders. A test compares it with `backend.joint_space.model.JointSpace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backend.core.vectors import normalize
from backend.domain import Modality


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

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """Project raw features ``(n, d)`` to ``(n, dim)`` float32."""
        rows = np.asarray(raw, dtype=np.float32)
        if self.classes is not None:
            weight, bias, text = self.classes
            rows = np.concatenate([rows, softmax(rows @ weight.T + bias) @ text], axis=1)
        rows = (rows - self.mean) * self.scale
        parts = []
        for member in self.members:
            (w, b), (hw, hb), (ow, ob) = (member[p] for p in ("linear", "hidden", "out"))
            parts.append(normalize(rows @ w.T + b + _gelu(rows @ hw.T + hb) @ ow.T + ob))
        if self.canonical is not None:
            parts.append(normalize(rows @ self.canonical))
        return _join(parts)


class NumpyJointSpace:
    """A joint space for inference only.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
    config : mapping
        As from `backend.joint_space.model.save`.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> None:
        self._modalities = {m: Projection(tensors, config, m) for m in config["inputs"]}
        self._users = [
            (tensors[f"heads.{i}.user.change.weight"], tensors[f"heads.{i}.user.change.bias"])
            for i in range(config["members"])
        ]
        sizes = [config["dim"]] * config["members"]
        sizes += [config["linear"]] if config["linear"] else []
        self._ends = np.cumsum(sizes)[:-1]
        self.dim = int(sum(sizes))

    def project(self, modality: Modality | str, raw: np.ndarray) -> np.ndarray:
        """As `backend.joint_space.model.JointSpace.project`."""
        rows = np.asarray(raw, dtype=np.float32)
        projection = self._modalities[Modality(modality).value]
        # Row by row, as in `JointSpace`: a post must always have the same vector.
        return np.concatenate(
            [np.zeros((0, self.dim), np.float32), *(projection(r[None]) for r in rows)]
        )

    def posts(self, vectors: Mapping[Modality, np.ndarray]) -> np.ndarray:
        """As `backend.joint_space.model.JointSpace.posts`."""
        total = np.sum([vectors[m] for m in Modality if m in vectors], axis=0)
        return _join(self._split(total.astype(np.float32)))

    def users(self, means: np.ndarray) -> np.ndarray:
        """As `backend.joint_space.model.JointSpace.users`."""
        parts = self._split(np.asarray(means, dtype=np.float32))
        for i, (weight, bias) in enumerate(self._users):
            parts[i] = normalize(parts[i] + parts[i] @ weight.T + bias)
        return _join(parts)

    def _split(self, joint: np.ndarray) -> list[np.ndarray]:
        return [normalize(part) for part in np.split(joint, self._ends, axis=1)]


def _join(parts: list[np.ndarray]) -> np.ndarray:
    return (np.concatenate(parts, axis=1) / len(parts) ** 0.5).astype(np.float32)


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax along the last axis."""
    probabilities = np.exp(x - x.max(axis=-1, keepdims=True))
    return probabilities / probabilities.sum(axis=-1, keepdims=True)


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))
