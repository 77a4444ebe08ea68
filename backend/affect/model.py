"""The affect heads of a bundle: features in, predictions out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.affect.audio import AudioHead
from backend.affect.evidence import Evidence
from backend.affect.fusion import Fusion
from backend.affect.image import ImageHead
from backend.affect.text import TextHead
from backend.bundles.bundle import Bundle
from backend.domain import (
    Affect,
    KindredError,
    Modality,
    Prediction,
    subset_name,
    subsets,
)
from backend.joint_space.numpy_model import Projection

if TYPE_CHECKING:
    from backend.bundles.embedder import Features


class AffectModel:
    """Emotion and sentiment from every subset of a post's modalities.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
    config : mapping
        As `backend.affect.fitting.heads.fit_affect` gives them.
    joint : tuple of mapping, optional
        Tensors and configuration of the joint space, for the words near an image.
    name : str
        Of the bundle.
    """

    def __init__(
        self,
        tensors: Mapping[str, np.ndarray],
        config: Mapping[str, Any],
        joint: tuple[Mapping[str, np.ndarray], Mapping[str, Any]] | None = None,
        name: str = "",
    ) -> None:
        if joint is not None and config["classes"]:
            # The joint space keeps the image encoder's classifier; one copy is enough.
            tensors = {"class_weight": joint[0]["class_weight"], **tensors}
            tensors = {"class_bias": joint[0]["class_bias"], **tensors}
        words = "word_joint" in tensors and joint is not None
        self.name = name
        self.text = TextHead(tensors, config["gamma"])
        self.image = ImageHead(
            tensors, config, Projection(joint[0], joint[1], "image") if joint and words else None
        )
        self.audio = AudioHead(tensors, config)
        self.fusion = Fusion(config)

    @classmethod
    def load(cls, bundle: Bundle) -> AffectModel:
        """The affect heads of an opened bundle."""
        joint = (
            (bundle.tensors("joint_space"), bundle.config["joint_space"])
            if "joint_space" in bundle.config
            else None
        )
        return cls(bundle.tensors("affect"), bundle.config["affect"], joint, bundle.name)

    def evidence(
        self,
        modality: Modality,
        vectors: np.ndarray,
        texts: Sequence[str | None] | None = None,
    ) -> Evidence:
        """What one modality says.

        Parameters
        ----------
        modality : Modality
        vectors : numpy.ndarray
            ``(n, d)``, as the encoder gives them.
        texts : sequence of str or None, optional
            The texts themselves, where the modality is text.

        Returns
        -------
        Evidence
        """
        if modality is Modality.TEXT:
            return self.text.evidence(vectors, texts)
        head = self.image if modality is Modality.IMAGE else self.audio
        return head.evidence(vectors)

    def neutral_band(self, modalities: Sequence[Modality]) -> tuple[float, float]:
        """Probabilities of positive between which the label is neutral.

        Parameters
        ----------
        modalities : sequence of Modality
            The subset that was read; each subset has its own band.

        Returns
        -------
        low, high : float
        """
        calibration = self.fusion.calibration[subset_name(tuple(modalities))]
        return calibration.low, calibration.high

    def predict(
        self, features: Sequence[Features], texts: Sequence[str | None]
    ) -> list[Prediction]:
        """Predict from every subset of the modalities that have a vector.

        Parameters
        ----------
        features : sequence of Features
        texts : sequence of str or None
            The posts' own words, in the same order.

        Returns
        -------
        list of Prediction
            In the order of `features`.

        Raises
        ------
        KindredError
            ``not_encoded`` when a post has no vector at all.
        """
        if len(features) != len(texts):
            raise ValueError("features and texts differ in length")
        found: list[dict[str, Affect]] = [{} for _ in features]
        there = [tuple(m for m in Modality if m in f.vectors) for f in features]
        for kinds in sorted(set(there), key=str):
            if not kinds:
                raise KindredError("not_encoded", "Nothing in this post could be encoded.")
            rows = [i for i, have in enumerate(there) if have == kinds]
            own = [texts[i] for i in rows]
            evidence = {
                m: self.evidence(m, np.stack([features[i].vectors[m] for i in rows]), own)
                for m in kinds
            }
            for subset in subsets(kinds):
                affects = self.fusion.affects({m: evidence[m] for m in subset})
                for i, affect in zip(rows, affects, strict=True):
                    found[i][subset_name(subset)] = affect
        return [
            Prediction(have, of_post, self.name) for have, of_post in zip(there, found, strict=True)
        ]
