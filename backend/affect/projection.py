"""The joint space's image and audio projections in plain numpy.

The affect heads need where an image lies among the corpus's words; this reads
the joint space's tensors without loading torch. A test holds it against
`backend.models.joint_space.JointSpace.project`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backend.affect.evidence import softmax, unit


class Projection:
    """Raw features of one modality -> joint vectors of unit length.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        As `backend.models.joint_space.save` gives them.
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
        """Raw features ``(n, d)`` -> ``(n, size)`` float32."""
        rows = np.asarray(raw, dtype=np.float32)
        if self.classes is not None:
            weight, bias, text = self.classes
            rows = np.concatenate([rows, softmax(rows @ weight.T + bias) @ text], axis=1)
        rows = (rows - self.mean) * self.scale
        parts = []
        for member in self.members:
            (w, b), (hw, hb), (ow, ob) = (member[p] for p in ("linear", "hidden", "out"))
            parts.append(unit(rows @ w.T + b + _gelu(rows @ hw.T + hb) @ ow.T + ob))
        if self.canonical is not None:
            parts.append(unit(rows @ self.canonical))
        return (np.concatenate(parts, axis=1) / len(parts) ** 0.5).astype(np.float32)


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))
