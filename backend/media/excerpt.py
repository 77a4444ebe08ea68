"""Decoded samples to a `Sound`: checks, mono, excerpt, peak and rate."""

from __future__ import annotations

import numpy as np
import soxr

from backend.domain import Sound
from backend.media.errors import MediaError
from backend.settings import Limits

SHORTEST = 0.03  # seconds: one frame of a speech codec, or a click, is no sound
_CANCELLED = 0.02  # of the loudness of a channel is left of it in the mix
RATES = range(1_000, 768_001)  # samples a second that recorders really write


def middle(length: int, wanted: int) -> tuple[int, int]:
    """Return start and length of the middle `wanted` of `length` samples.

    Examples
    --------
    >>> middle(100, 30), middle(10, 30)
    ((35, 30), (0, 10))
    """
    taken = min(length, wanted)
    return (length - taken) // 2, taken


def mono(block: np.ndarray) -> np.ndarray:
    """Mix ``(n, channels)`` down to ``(n,)`` float64; NaN and infinities become silence.

    Where channels of opposite phase would cancel each other out, the loudest is taken.
    """
    finite = np.nan_to_num(block.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    mixed: np.ndarray = finite.mean(axis=1)
    if finite.shape[1] > 1:
        loudness = np.abs(finite).mean(axis=0)
        if np.abs(mixed).mean() < _CANCELLED * loudness.max():
            mixed = finite[:, int(loudness.argmax())]
    return mixed


def check_rate(rate: int) -> None:
    """Refuse, as ``damaged``, sample rates that no recorder writes."""
    if rate not in RATES:
        raise MediaError(
            "damaged",
            f"The sound has an implausible sample rate ({rate} Hz); export it again.",
        )


def check_length(seconds: float, limits: Limits) -> None:
    """Refuse, as ``too_long``, media longer than ``limits.media_seconds``."""
    if seconds > limits.media_seconds:
        raise MediaError(
            "too_long",
            f"The file lasts {_clock(seconds)} and the limit is {_clock(limits.media_seconds)};"
            " cut out the part that matters.",
        )


def check_not_short(seconds: float) -> None:
    """Refuse, as ``too_short``, sound shorter than `SHORTEST`."""
    if seconds < SHORTEST:
        raise MediaError(
            "too_short",
            f"The sound lasts {seconds:.3f} s and at least {SHORTEST} s are needed; the file may"
            " be cut off.",
        )


def to_sound(
    samples: np.ndarray, rate: int, *, start: float, duration: float, limits: Limits
) -> Sound:
    """Resample mono samples to ``limits.audio_rate`` and scale them into [-1, 1].

    Parameters
    ----------
    samples : numpy.ndarray
        ``(n,)`` float, already cut.
    rate : int
        Their samples a second.
    start, duration : float
        Where they begin in the original and how long that is, in seconds.

    Raises
    ------
    MediaError
        ``too_short``.
    """
    check_not_short(len(samples) / rate)
    peak = float(np.abs(samples).max())
    # Scale, do not clip: float files are often written in 16-bit units.
    if peak > 1:
        samples = samples / peak
    length = round(len(samples) * limits.audio_rate / rate)
    if rate != limits.audio_rate:
        samples = soxr.resample(samples, rate, limits.audio_rate)
        samples = np.pad(samples[:length], (0, max(0, length - len(samples))))
    return Sound(
        # Resampling may overshoot at a full-scale edge.
        samples=np.clip(samples, -1, 1).astype(np.float32),
        rate=limits.audio_rate,
        start=start,
        duration=duration,
    )


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.3g} h"
