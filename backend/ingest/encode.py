"""Encode posts with a bundle: joint and native vectors, and predictions."""

from __future__ import annotations

from collections.abc import Sequence

from backend.affect import AffectModel
from backend.bundles.embedder import Embedder, Features
from backend.bundles.native import native_vectors, with_native
from backend.domain import Content
from backend.ingest.encoded_post import EncodedPost


def encode_posts(
    embedder: Embedder,
    affect: AffectModel,
    contents: Sequence[Content],
    features: Sequence[Features],
) -> list[EncodedPost]:
    """Return vectors, predictions and readings of posts, in order, from their features."""
    joint_vectors = embedder.joint(features)
    native = native_vectors(embedder, features)
    usable = [i for i, feature in enumerate(features) if feature.vectors]
    predicted = affect.predict([features[i] for i in usable], [contents[i].text for i in usable])
    affects = dict(zip(usable, predicted, strict=True))
    return [
        EncodedPost(
            with_native(vectors, native[i]),
            affects[i].affect if i in affects else None,
            feature.reasons,
            feature.readings,
        )
        for i, (feature, vectors) in enumerate(zip(features, joint_vectors, strict=True))
    ]
