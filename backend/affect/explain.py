"""Why a post got its prediction: each piece is left out and the prediction made again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.affect import explain_audio, explain_image, explain_text
from backend.affect.evidence import OUTPUTS, Evidence
from backend.affect.model import AffectModel
from backend.domain import Affect, Content, Explanation, KindredError, Modality, Span

if TYPE_CHECKING:
    from backend.bundles.embedder import Embedder, Features

TARGETS = (*OUTPUTS, "positive", "negative")


def default_target(affect: Affect) -> str:
    """What is most worth explaining: the strongest emotion, else the sentiment."""
    if affect.top == "neutral" and affect.sentiment.label != "neutral":
        return affect.sentiment.label
    return affect.top


def explain(
    model: AffectModel,
    content: Content,
    features: Features,
    embedder: Embedder,
    target: str | None = None,
) -> Explanation:
    """Say which words, regions and seconds a prediction rests on.

    Parameters
    ----------
    model : AffectModel
    content : Content
    features : Features
        Of the content.
    embedder : Embedder
        For the texts without a word, and the parts of images and sounds.
    target : str, optional
        An emotion, ``neutral``, ``positive`` or ``negative``; the strongest
        emotion when not given.

    Returns
    -------
    Explanation

    Raises
    ------
    KindredError
        ``unknown_target`` for a target that is none.
    """
    vectors = {m: features.vectors[m] for m in Modality if m in features.vectors}
    if target is None:
        target = default_target(model.predict([features], [content.text])[0].affect)
    if target not in TARGETS:
        raise KindredError(
            "unknown_target", f"{target!r} cannot be explained; these can: {', '.join(TARGETS)}."
        )
    whole = {m: model.evidence(m, vector[None], [content.text]) for m, vector in vectors.items()}
    full = float(model.fusion.probability(whole, target)[0])

    def drops(
        modality: Modality, without: np.ndarray, texts: Sequence[str] | None = None
    ) -> np.ndarray:
        """How much the probability falls for each row that lacks a piece."""
        changed = model.evidence(modality, without, texts)
        parts = {m: _repeat(e, len(without)) for m, e in whole.items()} | {modality: changed}
        return full - model.fusion.probability(parts, target)

    spans: dict[Modality, tuple[Span, ...]] = {}
    if Modality.TEXT in vectors and content.text is not None:
        spans[Modality.TEXT] = explain_text.spans(
            content.text, embedder.encoder(Modality.TEXT), drops
        )
    if Modality.IMAGE in vectors and content.image is not None:
        spans[Modality.IMAGE] = explain_image.spans(
            content.image, embedder.encoder(Modality.IMAGE), model.image, drops
        )
    if Modality.AUDIO in vectors and content.audio is not None:
        spans[Modality.AUDIO] = explain_audio.spans(
            content.audio, embedder.encoder(Modality.AUDIO), model.audio, drops
        )
    return Explanation(
        target=target,
        spans=spans,
        looks_like=tuple(model.image.looks_like(vectors[Modality.IMAGE]))
        if Modality.IMAGE in spans
        else (),
        sounds_like=tuple(model.audio.top(vectors[Modality.AUDIO]))
        if Modality.AUDIO in spans
        else (),
    )


def _repeat(evidence: Evidence, rows: int) -> Evidence:
    return Evidence(np.repeat(evidence.emotion, rows, 0), np.repeat(evidence.sentiment, rows, 0))
