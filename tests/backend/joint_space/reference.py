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
) -> float:
    """Mean over the directions of the mean over rows of the mean over positives of -log p."""
    losses = []
    for way in ways:
        a, b, mask = (left, right, positive) if way == 0 else (right, left, positive.T)
        rows = []
        for i in range(len(a)):
            scores = np.exp(b @ a[i] / temperature)
            each = [-np.log(scores[j] / scores.sum()) for j in np.flatnonzero(mask[i])]
            if each:
                rows.append(np.mean(each))
        losses.append(np.mean(rows) if rows else 0.0)
    return float(np.mean(losses))
