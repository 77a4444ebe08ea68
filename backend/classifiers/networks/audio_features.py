"""Inputs of the audio models: mel spectrogram, constant-Q transform, MFCC.

JTAV (Liang et al. 2018), sec. 4.1: librosa, 22,050 Hz, 10 s, hop 1024, 96 bins.
"""

from __future__ import annotations

import numpy as np

RATE, SECONDS, HOP, BINS = 22_050, 10, 1024, 96
FRAMES = 1 + RATE * SECONDS // HOP
COEFFICIENTS = 20
FLOOR = 80.0  # decibels below the loudest bin that are kept


def segment(samples: np.ndarray) -> np.ndarray:
    """Return ten seconds: the middle of a longer sound, a shorter one repeated.

    Parameters
    ----------
    samples : numpy.ndarray
        ``(n,)`` float32 at 22,050 Hz.

    Returns
    -------
    numpy.ndarray
        ``(220500,)``.
    """
    wanted = RATE * SECONDS
    start = max(0, (len(samples) - wanted) // 2)
    return np.resize(samples[start : start + wanted], wanted)


def mel(samples: np.ndarray) -> np.ndarray:
    """Return the mel spectrogram ``(96, 216)`` float32 in [0, 1], as `_decibels` scales it."""
    import librosa

    power = librosa.feature.melspectrogram(y=segment(samples), sr=RATE, hop_length=HOP, n_mels=BINS)
    return _decibels(np.sqrt(power))


def constant_q(samples: np.ndarray) -> np.ndarray:
    """Return the constant-Q transform ``(96, 216)``, eight octaves from C1; scaled as `mel`."""
    import librosa

    transform = librosa.cqt(segment(samples), sr=RATE, hop_length=HOP, n_bins=BINS)
    return _decibels(np.abs(transform))


def mfcc(samples: np.ndarray) -> np.ndarray:
    """Return mean and deviation over time of 20 coefficients and deltas, ``(80,)`` float32."""
    import librosa

    rows = librosa.feature.mfcc(y=segment(samples), sr=RATE, hop_length=HOP, n_mfcc=COEFFICIENTS)
    both = np.concatenate([rows, np.diff(rows, axis=1, prepend=rows[:, :1])])
    return np.concatenate([both.mean(1), both.std(1)]).astype(np.float32)


def _decibels(amplitude: np.ndarray) -> np.ndarray:
    """Scale decibels to [0, 1]: 0 at `FLOOR` below the loudest bin, 1 at that bin."""
    top = max(float(amplitude.max()), 1e-10)
    level = 20.0 * np.log10(np.maximum(amplitude / top, 1e-10))
    return (np.clip(level / FLOOR + 1.0, 0.0, 1.0)).astype(np.float32)[:, :FRAMES]
