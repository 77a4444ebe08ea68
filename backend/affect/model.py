"""The affect heads of a bundle: predictions from features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.affect.audio import AudioHead
from backend.affect.evidence import Evidence
from backend.affect.fusion import Fusion
from backend.affect.image import ImageHead
from backend.affect.text import TextHead
from backend.affect.words import with_words
from backend.bundles.bundle import Bundle
from backend.domain import Affect, KindredError, Modality, Prediction, subset_name, subsets
from backend.joint_space.numpy_model import Projection

if TYPE_CHECKING:
    from backend.bundles.embedder import Features


class AffectModel:
    """Emotion and sentiment from every subset of a post's modalities.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
    config : mapping
        As `backend.affect.fitting.heads.fit_affect` returns them.
    joint : tuple of mapping, optional
        Tensors and configuration of the joint space, for concepts from words.
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
            # The classifier of the image encoder is stored with the joint space only.
            classifier = {name: joint[0][name] for name in ("class_weight", "class_bias")}
            tensors = {**classifier, **tensors}
        words = "word_joint" in tensors and joint is not None
        self.name = name
        self.text = TextHead(tensors)
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
        self, modality: Modality, vectors: np.ndarray, texts: Sequence[str | None] | None = None
    ) -> Evidence:
        """The evidence of one modality.

        Parameters
        ----------
        modality : Modality
        vectors : numpy.ndarray
            ``(n, d)``, from the encoder.
        texts : sequence of str or None, optional
            The texts, where the modality is text.
        """
        if modality is Modality.TEXT:
            return self.text.evidence(vectors, texts)
        head = self.image if modality is Modality.IMAGE else self.audio
        return head.evidence(vectors)

    def evidence_of(
        self, modality: Modality, features: Sequence[Features], texts: Sequence[str | None]
    ) -> Evidence:
        """As `evidence`, of posts that have the modality, with the words in it."""
        vectors = np.stack([feature.vectors[modality] for feature in features])
        evidence = self.evidence(modality, vectors, texts)
        if not any(modality in feature.readings for feature in features):
            return evidence
        ratio = self.fusion.weights[Modality.TEXT] / self.fusion.weights[modality]
        return with_words(evidence, modality, features, self.text, ratio)

    def predict(
        self, features: Sequence[Features], texts: Sequence[str | None]
    ) -> list[Prediction]:
        """Predict from every subset of the modalities that have a vector.

        Parameters
        ----------
        features : sequence of Features
        texts : sequence of str or None
            Texts of the posts, in the same order.

        Returns
        -------
        list of Prediction
            In the order of `features`.

        Raises
        ------
        KindredError
            ``not_encoded`` when a post has no vector.
        """
        if len(features) != len(texts):
            raise ValueError("features and texts differ in length")
        by_subset: list[dict[str, Affect]] = [{} for _ in features]
        present = [tuple(m for m in Modality if m in f.vectors) for f in features]
        worded = [frozenset(f.words) & set(f.vectors) for f in features]
        for modalities, with_text in sorted(set(zip(present, worded, strict=True)), key=str):
            if not modalities:
                raise KindredError("not_encoded", "No part of this post could be encoded.")
            rows = [
                i
                for i in range(len(features))
                if (present[i], worded[i]) == (modalities, with_text)
            ]
            some_texts = [texts[i] for i in rows]
            evidence = {
                m: self.evidence_of(m, [features[i] for i in rows], some_texts) for m in modalities
            }
            for subset in subsets(modalities):
                affects = self.fusion.affects(
                    {m: evidence[m] for m in subset}, worded=not with_text.isdisjoint(subset)
                )
                for i, affect in zip(rows, affects, strict=True):
                    by_subset[i][subset_name(subset)] = affect
        return [
            Prediction(modalities, affects, self.name)
            for modalities, affects in zip(present, by_subset, strict=True)
        ]
