"""Losses of the joint space in plain NumPy, to compare training with."""

from __future__ import annotations

import numpy as np


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def contrast(
    left: np.ndarray,
    right: np.ndarray,
    positive: np.ndarray,
    temperature: float,
    ways: tuple[int, ...] = (0, 1),
    ignored: np.ndarray | None = None,
) -> float:
    """Mean over the directions of the mean over rows of the mean over positives of -log p.

    Positives are averaged by their weights; pairs that are ignored are no candidates.
    """
    ignored = np.zeros(positive.shape, dtype=bool) if ignored is None else ignored
    losses = []
    for way in ways:
        a, b, mask = (left, right, positive) if way == 0 else (right, left, positive.T)
        out = ignored if way == 0 else ignored.T
        rows = []
        for i in range(len(a)):
            scores = np.exp(b @ a[i] / temperature) * ~out[i]
            some = np.flatnonzero(mask[i])
            each = [-np.log(scores[j] / scores.sum()) for j in some]
            if each:
                rows.append(np.average(each, weights=mask[i, some].astype(float)))
        losses.append(np.mean(rows) if rows else 0.0)
    return float(np.mean(losses))
