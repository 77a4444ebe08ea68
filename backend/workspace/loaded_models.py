"""The active bundle with the models that run it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.affect.predict import predict
from backend.bundles.bundle import Bundle
from backend.bundles.concepts import concepts
from backend.bundles.embedder import Embedder, Features
from backend.bundles.feature_memory import FeatureMemory
from backend.bundles.native import native_vectors, with_native
from backend.corpus.native import Native
from backend.corpus.readings import PostReadings
from backend.domain import Content, Explanation, Kind, KindredError, Modality, Prediction
from backend.encoders.base import Classifier
from backend.recognition import wanted
from backend.text.hashtags import usage

if TYPE_CHECKING:
    from backend.affect import AffectModel
    from backend.affect.irony import Contrast


class LoadedModels:
    """A bundle's encoders, joint space and affect heads, each loaded when first used.

    They stay those of one bundle: take them once for all of a request or an import, so that
    activating another bundle meanwhile mixes nothing. Safe to share between threads.

    Parameters
    ----------
    bundle : Bundle
    device : str
        As in the settings.

    Attributes
    ----------
    ready : bool
        Whether `load` has loaded everything.
    """

    def __init__(self, bundle: Bundle, device: str) -> None:
        self.bundle = bundle
        self.embedder = Embedder(bundle, device)
        self.feature_memory = FeatureMemory()
        self.ready = False
        self._lock = threading.Lock()
        self._affect: AffectModel | None = None

    @property
    def affect(self) -> AffectModel:
        """The affect heads."""
        from backend.affect import AffectModel

        with self._lock:
            if self._affect is None:
                self._affect = AffectModel.load(self.bundle)
            return self._affect

    def load(self) -> None:
        """Load everything now; a failure is raised by the first use instead."""
        try:
            _ = self.embedder.space, self.affect
            for modality in Modality:
                self.embedder.encoder(modality)
            self.embedder.recognizer.warm()
            usage("")  # loads the words that hashtags are split into
        except KindredError:
            return
        self.ready = True

    def features(self, content: Content) -> Features:
        """Return the features of a post, cached for what is asked about it next."""
        return self.feature_memory.get(content, self.embedder)

    def analyse(self, content: Content) -> Prediction:
        """Predict emotion and sentiment from every subset of the modalities.

        Raises
        ------
        KindredError
            ``not_encoded`` when none of the modalities could be encoded.
        """
        result = predict(self.affect, [content], [self.features(content)])[0]
        if isinstance(result, KindredError):
            raise result
        return result

    def analyse_many(
        self, contents: Sequence[Content], readings: Sequence[PostReadings] | None = None
    ) -> list[Prediction | KindredError]:
        """As `analyse`, for many posts, and readings made before; errors replace predictions."""
        features = self.embedder.features(contents, read=wanted(), readings=readings)
        return predict(self.affect, contents, features)

    def explain(self, content: Content, features: Features, target: str | None) -> Explanation:
        """Explain the prediction of a post, by default its strongest emotion."""
        from backend.affect.explain import explain

        return explain(self.affect, content, features, self.embedder, target)

    def contrast(self, content: Content) -> Contrast | None:
        """Compare the words of a post with its emoji; None without either."""
        from backend.affect.irony import contrasts

        return contrasts(self.affect, self.embedder, [content.text])[0]

    def embed(self, content: Content) -> dict[Kind, np.ndarray]:
        """Return joint vectors of a post and its modalities; empty if none could be encoded."""
        return self.embedder.joint([self.features(content)])[0]

    def native(self, content: Content) -> dict[Native, np.ndarray]:
        """Return the vectors ``(dim,)`` of the encoders themselves, where they are compared."""
        return native_vectors(self.embedder, [self.features(content)])[0]

    def concepts(self, content: Content) -> tuple[str, ...]:
        """Return what the image encoder is sure to see in an image, if it is a classifier."""
        encoder = self.embedder.encoder(Modality.IMAGE)
        raw = self.features(content).vectors.get(Modality.IMAGE)
        if raw is None or not isinstance(encoder, Classifier):
            return ()
        return concepts(encoder.classes, encoder.logits(raw[None])[0])

    def vectors(self, content: Content) -> dict[Kind | Native, np.ndarray]:
        """Return the vectors ``(dim,)`` of a post that a corpus stores."""
        return with_native(self.embed(content), self.native(content))

    def vector(self, content: Content, kind: Kind) -> np.ndarray:
        """Return the joint vector of a content as one kind: ``(dim,)`` float32, unit length.

        Raises
        ------
        KindredError
            ``not_encoded`` when it could not be encoded.
        """
        features = self.features(content)
        joint = self.embedder.joint([features])[0]
        if kind not in joint:
            raise KindredError("not_encoded", " ".join(features.reasons.values()))
        return joint[kind]

    def embed_many(
        self, contents: Sequence[Content], readings: Sequence[PostReadings] | None = None
    ) -> list[dict[Kind, np.ndarray] | KindredError]:
        """Return joint vectors of each post and its modalities, or why there are none."""
        features = self.embedder.features(contents, read=wanted(), readings=readings)
        return [
            vectors or KindredError("not_encoded", " ".join(feature.reasons.values()))
            for feature, vectors in zip(features, self.embedder.joint(features), strict=True)
        ]
