"""What is written in an image or said in a sound: evidence of a text, within its modality.

The words weigh as a text does, times the confidence of the reading, which for a voice of
some seconds has a lower bound. An image or a sound
without words has the evidence of its own head only, and a subset without the modality has
neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.affect.evidence import Evidence
from backend.affect.text import TextHead
from backend.domain import Modality
from backend.text.reading import Reading, part_of_words

if TYPE_CHECKING:
    from backend.bundles.embedder import Features

# How much of the evidence of a sound's own head is left where somebody speaks all the time,
# and of a picture's where text is all that there is: music tags of a voice and concepts of a
# page of text say nothing.
_LEFT = {Modality.IMAGE: 0.2, Modality.AUDIO: 0.0}

# Of a misheard sentence enough words stay to tell its feeling more often than not, so it keeps
# this weight; of a misheard word nothing stays. Seconds of a word and of a sentence.
_LEAST, _WORD, _SENTENCE = 0.85, 0.5, 1.5


def with_words(
    evidence: Evidence,
    modality: Modality,
    features: Sequence[Features],
    head: TextHead,
    ratio: float,
) -> Evidence:
    """Add the evidence of words to that of the images or sounds that they come from.

    Parameters
    ----------
    evidence : Evidence
        Of `n` images or sounds.
    modality : Modality
    features : sequence of Features
        Of the same posts.
    head : TextHead
    ratio : float
        Weight of texts over the weight of the modality in the fusion.
    """
    emotion, sentiment = evidence.emotion.copy(), evidence.sentiment.copy()
    neutral = np.zeros(len(features))
    left = np.array([_left(feature, modality) for feature in features])
    emotion *= left[:, None]
    sentiment *= left
    rows = [i for i, feature in enumerate(features) if modality in feature.words]
    if rows:
        readings = [features[i].readings[modality] for i in rows]
        vectors = np.stack([features[i].words[modality] for i in rows])
        said = head.evidence(vectors, [reading.as_typed for reading in readings])
        weight = ratio * np.array([_trust(reading, modality) for reading in readings])
        emotion[rows] += weight[:, None] * said.emotion
        sentiment[rows] += weight * said.sentiment
        if said.neutral is not None:
            neutral[rows] = weight * said.neutral
    return Evidence(emotion, sentiment, neutral)


def _trust(reading: Reading, modality: Modality) -> float:
    """Return the weight of a reading as evidence: its confidence, and of a voice not less."""
    if modality is Modality.IMAGE:
        return reading.confidence
    spoken = sum(end - start for start, end in (passage.where for passage in reading.passages))
    sentence = min(1.0, max(0.0, (spoken - _WORD) / (_SENTENCE - _WORD)))
    return max(reading.confidence, _LEAST * sentence)


def _left(feature: Features, modality: Modality) -> float:
    """Return the factor of the evidence of a modality's own head."""
    reading = feature.readings.get(modality)
    if reading is None:
        return 1.0
    return 1.0 - (1.0 - _LEFT[modality]) * part_of_words(reading, modality)
