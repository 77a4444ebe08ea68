"""MFCC, mel and constant-Q spectrograms as encoders, so that the feature cache keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from backend.classifiers.networks import audio_features
from backend.domain import Modality, Sound
from backend.encoders.base import Encoder

MEL, CONSTANT_Q, MFCC = "jtav-mel", "jtav-constant-q", "jtav-mfcc"
SHAPE = (audio_features.BINS, audio_features.FRAMES)


class AudioInput(Encoder):
    """An input of JTAV's audio models (Liang et al. 2018, sec. 4.1), flattened."""

    modality = Modality.AUDIO
    licence = "computed"

    def __init__(self, name: str, dim: int, compute: Callable[[np.ndarray], np.ndarray]) -> None:
        self.name, self.dim, self._compute = name, dim, compute

    def _prepare(self, item: Sound) -> np.ndarray:
        import soxr

        samples = np.ascontiguousarray(item.samples, dtype=np.float32)
        if item.rate != audio_features.RATE:
            samples = soxr.resample(samples, item.rate, audio_features.RATE)
        return self._compute(samples).ravel()

    def _forward(self, prepared: list[np.ndarray]) -> Sequence[np.ndarray]:
        return prepared


def audio_input(name: str) -> AudioInput:
    """Return the encoder `MEL`, `CONSTANT_Q` or `MFCC`."""
    size = SHAPE[0] * SHAPE[1]
    return {
        MEL: AudioInput(MEL, size, audio_features.mel),
        CONSTANT_Q: AudioInput(CONSTANT_Q, size, audio_features.constant_q),
        MFCC: AudioInput(MFCC, 4 * audio_features.COEFFICIENTS, audio_features.mfcc),
    }[name]
