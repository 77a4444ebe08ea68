"""Training of the audio head: directions of tags by name, scaled on music."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.affect.audio import HIGH_AROUSAL, LOW_AROUSAL, tag_odds


def fit_audio(probabilities: np.ndarray, tags: Sequence[str]) -> dict[str, np.ndarray]:
    """Weight the tags whose names mean high or low arousal.

    Unsupervised: the names give the signs, and all standardised tags of a sign weigh the
    same.

    Parameters
    ----------
    probabilities : numpy.ndarray
        ``(n, tags)`` float: of the tags of `n` pieces of music.
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
    mean, deviation = odds.mean(0), np.maximum(odds.std(0), 1e-3)
    sign = np.array([(t in HIGH_AROUSAL) - float(t in LOW_AROUSAL) for t in tags])
    sign = np.where(sign > 0, sign / (sign > 0).sum(), sign / max(1, (sign < 0).sum()))
    weight = sign / deviation
    weight /= max(float(((odds - mean) @ weight).std()), 1e-6)
    return {"tag_weight": weight.astype(np.float32), "tag_mean": mean.astype(np.float32)}
