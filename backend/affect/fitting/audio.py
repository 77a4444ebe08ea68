"""The audio head's arousal: tag directions by name, scaled on music."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.affect.audio import CALM, LIVELY, tag_odds


def fit_audio(probabilities: np.ndarray, tags: Sequence[str]) -> dict[str, np.ndarray]:
    """Weigh the tags that name a lively or a calm sound.

    No labels are used: the tags' names say which way they point, and each
    counts the same once standardised.

    Parameters
    ----------
    probabilities : numpy.ndarray
        ``(n, tags)`` of music.
    tags : sequence of str

    Returns
    -------
    dict of str to numpy.ndarray
        ``tag_weight``, ``tag_mean``.
    """
    if not len(tags) or not len(probabilities):
        return {
            "tag_weight": np.zeros(len(tags), np.float32),
            "tag_mean": np.zeros(len(tags), np.float32),
        }
    odds = tag_odds(probabilities)
    mean, spread = odds.mean(0), np.maximum(odds.std(0), 1e-3)
    side = np.array([(t in LIVELY) - float(t in CALM) for t in tags])
    side = np.where(side > 0, side / (side > 0).sum(), side / max(1, (side < 0).sum()))
    weight = side / spread
    weight /= max(float(((odds - mean) @ weight).std()), 1e-6)
    return {"tag_weight": weight.astype(np.float32), "tag_mean": mean.astype(np.float32)}
