"""The audio head: arousal from music tags, as weak evidence of emotion.

Sound gives no evidence of sentiment: valence from sound was not shown to work here.
Speech is not transcribed, so a sound other than music gives little evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.affect.evidence import Evidence
from backend.domain import KindredError

# Tags of sounds with high and with low arousal.
HIGH_AROUSAL = ("fast", "loud", "beat", "beats", "drums")
LOW_AROUSAL = ("slow", "quiet", "soft", "ambient")

# Log-odds of each of `OUTPUTS` for one standard deviation of arousal. Signs by the
# circumplex model (Russell 1980): anticipation, anger, fear and surprise have high
# arousal, sadness and trust low. Small, because they are set and not fitted.
AROUSAL_ODDS = np.array([0.10, -0.20, 0.15, 0.15, -0.35, 0.0, 0.25, 0.25, -0.05])


class AudioHead:
    """Evidence of emotion from the arousal of sounds.

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
                    f"The bundle has {len(self.tags)} music tags, but weights of shapes {shapes[0]}"
                    f" and {shapes[1]} for them: another version of Kindred made it. Build it"
                    " again: python -m assets.build bundle.",
                )
            self._weight = tensors["tag_weight"].astype(np.float64)
            self._mean = tensors["tag_mean"].astype(np.float64)

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """Probabilities of the tags ``(n, tags)``: the last columns of audio vectors."""
        rows = np.asarray(vectors, dtype=np.float64)
        return rows[:, rows.shape[1] - len(self.tags) :]

    def arousal(self, vectors: np.ndarray) -> np.ndarray:
        """Arousal of sounds ``(n,)``, with mean 0 and standard deviation 1 over music."""
        if not self.tags:
            return np.zeros(len(vectors))
        return (tag_odds(self.probabilities(vectors)) - self._mean) @ self._weight

    def evidence(self, vectors: np.ndarray) -> Evidence:
        """The evidence of sounds, in log-odds."""
        arousal = np.clip(self.arousal(vectors), -2.5, 2.5)
        return Evidence(arousal[:, None] * AROUSAL_ODDS, np.zeros(len(arousal)))

    def top(self, vector: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """The strongest tags of one sound with their probabilities."""
        if not self.tags:
            return []
        probabilities = self.probabilities(vector[None])[0]
        order = np.argsort(-probabilities, kind="stable")[:k]
        return [(self.tags[i], float(probabilities[i])) for i in order]


def tag_odds(probabilities: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities of tags, clipped to be finite."""
    clipped = np.clip(probabilities, 1e-4, 1 - 1e-4)
    return np.log(clipped / (1 - clipped))
