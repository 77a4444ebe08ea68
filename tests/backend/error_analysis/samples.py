"""Synthetic labelled posts and predictions: no corpus and no model needed."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.predictions import ModelPredictions, ScoredPredictions, score_against

CLASSES = ("negative", "neutral", "positive")


def ground_truth(truth: Sequence[int], **columns: Sequence[object]) -> GroundTruth:
    """Posts ``p000``, ... with the given columns."""
    n = len(truth)
    ids = [f"p{i:03d}" for i in range(n)]
    given: dict[str, Sequence[object]] = {
        "id": ids,
        "text": [f"post number {i}" for i in range(n)],
        "title": [None] * n,
        "image": [None] * n,
        "audio": [None] * n,
        "user": [None] * n,
        "time": [None] * n,
        "language": ["en"] * n,
        "tags": [[] for _ in range(n)],
        "labels": [json.dumps({"sentiment": CLASSES[t]}) for t in truth],
        "source": ["made"] * n,
        "licence": ["CC0-1.0"] * n,
        "group": ids,
        **columns,
    }
    return GroundTruth(
        corpus="made",
        version="made:1",
        label="sentiment",
        ids=np.array(ids, dtype=object),
        truth=np.array(truth, dtype=np.int64),
        classes=CLASSES,
        table=pa.table({name: list(values) for name, values in given.items()}),
    )


def scored(
    of: GroundTruth, predicted: Sequence[int], confidence: Sequence[float] | float = 0.8
) -> ScoredPredictions:
    """Predictions with some confidence; the other classes share the rest."""
    chosen = np.array(predicted, dtype=np.int64)
    sure = np.broadcast_to(np.asarray(confidence, dtype=np.float64), chosen.shape)
    k = len(of.classes)
    probability = np.repeat(((1 - sure) / (k - 1))[:, None], k, axis=1)
    probability[np.arange(len(chosen)), chosen] = sure
    everything = np.ones(len(chosen), dtype=bool)
    made = ModelPredictions("model", of.classes, probability.astype(np.float32), chosen, everything)
    return score_against(of, made)
