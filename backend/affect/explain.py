"""Explanations by occlusion: how far the log-odds fall without each part of a post.

After Zeiler and Fergus (2014, section 4.2), for words, regions and seconds alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from backend.affect import explain_audio, explain_image, explain_text
from backend.affect.evidence import OUTPUTS, Evidence, logit
from backend.affect.model import AffectModel
from backend.domain import Affect, Content, Explanation, KindredError, Modality, Span

if TYPE_CHECKING:
    from backend.bundles.embedder import Embedder, Features
    from backend.text.reading import Reading

SPEECH = 0.2  # share of a sound in which somebody speaks, from which it is a voice
TARGETS = (*OUTPUTS, "positive", "negative")


def default_target(affect: Affect) -> str:
    """The strongest emotion; the sentiment when that is neutral."""
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
    """Weigh the words, regions and seconds of a post for a prediction.

    Parameters
    ----------
    model : AffectModel
    content : Content
    features : Features
        Of the content.
    embedder : Embedder
        Encodes the post without each part.
    target : str, optional
        An emotion, ``neutral``, ``positive`` or ``negative``; the strongest
        emotion when not given.

    Raises
    ------
    KindredError
        ``unknown_target``.
    """
    vectors = {m: features.vectors[m] for m in Modality if m in features.vectors}
    if target is None:
        target = default_target(model.predict([features], [content.text])[0].affect)
    if target not in TARGETS:
        raise KindredError(
            "unknown_target", f"{target!r} cannot be explained. Choose from: {', '.join(TARGETS)}."
        )
    whole = {m: model.evidence_of(m, [features], [content.text]) for m in vectors}
    worded = not vectors.keys().isdisjoint(features.words)
    probability = float(model.fusion.probability(whole, target, worded=worded)[0])
    full = float(logit(probability))

    def fall(
        rows: list[Features], modality: Modality, texts: Sequence[str] | None, worded: bool
    ) -> np.ndarray:
        """Fall of the log-odds for features of which those of one modality have changed.

        A probability near 0 or 1 hardly falls, whatever is left out.
        """
        changed = model.evidence_of(modality, rows, texts or [content.text] * len(rows))
        parts = {m: _repeat(e, len(rows)) for m, e in whole.items()} | {modality: changed}
        return full - logit(model.fusion.probability(parts, target, worded=worded))

    def drops(
        modality: Modality, without: np.ndarray, texts: Sequence[str] | None = None
    ) -> np.ndarray:
        """Fall of the log-odds for each row of vectors without a part."""
        rows = [replace(features, vectors={**features.vectors, modality: row}) for row in without]
        return fall(rows, modality, texts, worded)

    def weigh(rows: list[Features], modality: Modality) -> np.ndarray:
        """Fall of the log-odds for features whose words of one modality have changed."""
        return fall(rows, modality, None, True)

    spans = _spans(model, content, features, embedder, drops)
    return Explanation(
        target=target,
        probability=probability,
        spans=spans,
        looks_like=tuple(model.image.looks_like(vectors[Modality.IMAGE]))
        if Modality.IMAGE in spans
        else (),
        sounds_like=tuple(model.audio.top(vectors[Modality.AUDIO]))
        if Modality.AUDIO in spans and not _speaks(features)
        else (),
        words=_words(features, embedder, weigh),
    )


class _Drops(Protocol):
    def __call__(
        self, modality: Modality, without: np.ndarray, texts: Sequence[str] | None = None
    ) -> np.ndarray: ...


def _spans(
    model: AffectModel,
    content: Content,
    features: Features,
    embedder: Embedder,
    drops: _Drops,
) -> dict[Modality, tuple[Span, ...]]:
    """Weigh the pieces of the text, the image and the sound."""
    spans: dict[Modality, tuple[Span, ...]] = {}
    if Modality.TEXT in features.vectors and content.text is not None:
        spans[Modality.TEXT] = explain_text.spans(
            content.text, embedder.encoder(Modality.TEXT), drops
        )
    if Modality.IMAGE in features.vectors and content.image is not None:
        spans[Modality.IMAGE] = explain_image.spans(
            content.image, embedder.encoder(Modality.IMAGE), model.image, drops
        )
    if Modality.AUDIO in features.vectors and content.audio is not None:
        heard = explain_audio.spans(
            content.audio, embedder.encoder(Modality.AUDIO), model.audio, drops
        )
        if _speaks(features):  # the tags of music say nothing about a voice
            heard = tuple(replace(span, label="") for span in heard)
        spans[Modality.AUDIO] = heard
    return spans


def _words(
    features: Features,
    embedder: Embedder,
    weigh: Callable[[list[Features], Modality], np.ndarray],
) -> dict[Modality, tuple[Span, ...]]:
    """Weigh the words that are written in the image and said in the sound."""
    found = {}
    for modality in features.words.keys() & features.vectors.keys():
        reading = features.readings[modality]
        if len(reading.as_typed) != len(reading.text):
            continue  # some capitals have another length: the positions would be wrong

        def drops(
            _: Modality,
            without: np.ndarray,
            texts: Sequence[str],
            modality: Modality = modality,
            reading: Reading = reading,
        ) -> np.ndarray:
            rows = [
                replace(
                    features,
                    words={**features.words, modality: row},
                    readings={**features.readings, modality: replace(reading, text=text)},
                )
                for row, text in zip(without, texts, strict=True)
            ]
            return weigh(rows, modality)

        encoder = embedder.encoder(Modality.TEXT)
        found[modality] = explain_text.spans(reading.as_typed, encoder, drops)
    return found


def _speaks(features: Features) -> bool:
    """Whether somebody speaks in the sound."""
    reading = features.readings.get(Modality.AUDIO)
    return reading is not None and (bool(reading.text) or reading.share >= SPEECH)


def _repeat(evidence: Evidence, rows: int) -> Evidence:
    return Evidence(np.repeat(evidence.emotion, rows, 0), np.repeat(evidence.sentiment, rows, 0))
