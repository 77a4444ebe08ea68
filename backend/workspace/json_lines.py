"""Predictions, readings and errors as lines of JSON: a contract with those who read them."""

from __future__ import annotations

import json
from typing import Any

from backend.corpus.readings import PostReadings, passages_json
from backend.domain import WRITTEN, Affect, KindredError, Prediction, steps_of


def written(probability: float) -> float:
    """Return a probability as files and answers write it."""
    return steps_of(probability) / WRITTEN


def affect_json(affect: Affect) -> dict[str, Any]:
    """An `Affect` as plain JSON, rounded so that repeated runs write equal bytes."""
    return {
        "emotion": {name: written(p) for name, p in affect.emotion.items()},
        "neutral": written(affect.neutral),
        "sentiment": {
            "positive": written(affect.sentiment.positive),
            "label": affect.sentiment.label,
        },
        "confidence": written(affect.confidence),
    }


def readings_json(readings: PostReadings) -> dict[str, Any]:
    """What was read in a post, as plain JSON by modality."""
    return {
        modality.value: {
            "text": reading.text,
            "language": reading.language,
            "confidence": reading.confidence,
            "share": reading.share,
            "note": reading.note,
            "passages": json.loads(passages_json(reading.passages)),
        }
        for modality, reading in readings.items()
    }


def prediction_json(
    id: str | None, prediction: Prediction, readings: PostReadings | None = None
) -> dict[str, Any]:
    """A `Prediction` as a line of output, with what was read in the post."""
    return {
        "id": id,
        "modalities": [m.value for m in prediction.modalities],
        **({"read": readings_json(readings)} if readings else {}),
        **affect_json(prediction.affect),
        "subsets": {name: affect_json(a) for name, a in prediction.subsets.items()},
        "bundle": prediction.bundle,
    }


def error_json(id: str | None, error: KindredError) -> dict[str, Any]:
    """An error as a line of output."""
    return {"id": id, "error": {"code": error.code, "message": error.message}}
