"""Predictions of posts that may lack features."""

from __future__ import annotations

from collections.abc import Sequence

from backend.affect import AffectModel
from backend.bundles.embedder import Features
from backend.domain import Content, KindredError, Prediction


def predict(
    affect: AffectModel, contents: Sequence[Content], features: Sequence[Features]
) -> list[Prediction | KindredError]:
    """Predict every post that has features.

    Parameters
    ----------
    affect : AffectModel
    contents : sequence of Content
    features : sequence of Features
        Of the same posts.

    Returns
    -------
    list of Prediction or KindredError
        In the order of `contents`.
    """
    usable = [i for i, feature in enumerate(features) if feature.vectors]
    predictions = affect.predict([features[i] for i in usable], [contents[i].text for i in usable])
    results: list[Prediction | KindredError] = [
        KindredError(
            "not_encoded", " ".join(f.reasons.values()) or "The post has nothing to encode."
        )
        for f in features
    ]
    for i, prediction in zip(usable, predictions, strict=True):
        results[i] = prediction
    return results
