"""Sounds: music tags -> arousal -> a weak prior over emotions.

Valence from sound was not shown to work and is not claimed. Of speech only the
words would tell, so a sound that is not music says next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.affect.evidence import Evidence
from backend.domain import KindredError

# Which tags speak for a lively and which for a calm sound.
LIVELY = ("fast", "loud", "beat", "beats", "drums")
CALM = ("slow", "quiet", "soft", "ambient")

# Change of log-odds for one standard deviation of arousal, in the order of
# `OUTPUTS`. Signs from the circumplex (Russell 1980): excitement, anger, fear and
# surprise are aroused; sadness and trust (calm) are not. Small, because it is a
# prior and not a measurement.
LEAN = np.array([0.10, -0.20, 0.15, 0.15, -0.35, 0.0, 0.25, 0.25, -0.05])


class AudioHead:
    """Emotion of sounds by their arousal.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        ``tag_weight (50,)``, ``tag_mean (50,)``: arousal is the weighted sum of
        the tags' log-odds, of unit variance over music.
    config : mapping
        ``tags``: names of the tags, the last columns of the audio vector; empty
        when the encoder has none.

    Raises
    ------
    KindredError
        ``old_bundle`` when the tensors do not fit the tags.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> None:
        self.tags: Sequence[str] = config["tags"]
        if self.tags:
            shapes = [
                np.shape(tensors.get(name, np.zeros(0))) for name in ("tag_weight", "tag_mean")
            ]
            if shapes != [(len(self.tags),)] * 2:
                raise KindredError(
                    "old_bundle",
                    f"The bundle names {len(self.tags)} music tags and has weights of shape"
                    f" {shapes[0]} and {shapes[1]} for them; it was made by another version of"
                    " Kindred. Make it again: python -m assets.build bundle.",
                )
            self._weight = tensors["tag_weight"].astype(np.float64)
            self._mean = tensors["tag_mean"].astype(np.float64)

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """The tags' part of audio vectors: ``(n, tags)``."""
        rows = np.asarray(vectors, dtype=np.float64)
        return rows[:, rows.shape[1] - len(self.tags) :]

    def arousal(self, vectors: np.ndarray) -> np.ndarray:
        """How lively sounds are: ``(n,)``, mean 0 and deviation 1 over music."""
        if not self.tags:
            return np.zeros(len(vectors))
        return (tag_odds(self.probabilities(vectors)) - self._mean) @ self._weight

    def evidence(self, vectors: np.ndarray) -> Evidence:
        """What sounds say, in log-odds."""
        lively = np.clip(self.arousal(vectors), -2.5, 2.5)
        return Evidence(lively[:, None] * LEAN, np.zeros(len(lively)))

    def top(self, vector: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """The strongest tags of one sound with their probabilities."""
        if not self.tags:
            return []
        found = self.probabilities(vector[None])[0]
        order = np.argsort(-found, kind="stable")[:k]
        return [(self.tags[i], float(found[i])) for i in order]


def tag_odds(probabilities: np.ndarray) -> np.ndarray:
    """Log-odds of tag probabilities, floored where the network says "never"."""
    clipped = np.clip(probabilities, 1e-4, 1 - 1e-4)
    return np.log(clipped / (1 - clipped))
