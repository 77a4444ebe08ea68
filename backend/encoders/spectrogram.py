"""Log-mel spectrograms exactly as aisfx and musicnn were trained on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array

from backend.domain import Sound

BANDS = 96


def resample(sound: Sound, rate: int) -> np.ndarray:
    """Resample a sound to ``(n,)`` float32."""
    samples = np.ascontiguousarray(sound.samples, dtype=np.float32)
    if sound.rate == rate:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, sound.rate, rate), dtype=np.float32)


def aisfx(samples: np.ndarray) -> np.ndarray:
    """Essentia's mel bands as the aisfx package computes them.

    Parameters
    ----------
    samples : numpy.ndarray
        ``(n,)`` at 44,100 Hz.

    Returns
    -------
    numpy.ndarray
        ``(1 + n // 1024, 96)`` float32, scaled so that the training set's
        maximum is 1.
    """
    window = np.hanning(2048).astype(np.float32)
    power = _power(samples, window, 1024, "constant")
    return np.log10(1e4 * _sums(power, _essentia_bands()) + 1) / np.float32(9.457798957824707)


def musicnn(samples: np.ndarray) -> np.ndarray:
    """Librosa's mel bands as the musicnn package computes them.

    Parameters
    ----------
    samples : numpy.ndarray
        ``(n,)`` at 16,000 Hz, n > 256.

    Returns
    -------
    numpy.ndarray
        ``(1 + n // 256, 96)`` float32.
    """
    window = np.hanning(513)[:-1].astype(np.float32)
    power = _power(samples, window, 256, "reflect")
    return np.log10(1e4 * _sums(power, _slaney_bands()) + 1)


def _power(samples: np.ndarray, window: np.ndarray, hop: int, padding: str) -> np.ndarray:
    """Power spectrum of frames centred on multiples of the hop."""
    from scipy.fft import rfft  # keeps float32, as numpy's does not

    half = len(window) // 2
    padded = np.pad(samples, half, mode=padding)  # type: ignore[call-overload]
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop]
    return np.abs(rfft(frames * window, axis=1)) ** 2


def _sums(power: np.ndarray, bands: csr_array) -> np.ndarray:
    """Bands ``(frames, bands)`` of power ``(frames, bins)``.

    Sparse, to sum in a fixed order: a dense product rounds differently with the number
    of threads, but the same sound must always give the same vector.
    """
    return np.ascontiguousarray((bands @ power.T).T)


@lru_cache(maxsize=1)
def _essentia_bands() -> csr_array:
    """Triangles with straight sides on the HTK mel scale, each of sum one.

    Essentia's ``MelBands(warpingFormula=htkMel, weighting=warping,
    normalize=unit_sum)``.
    """

    def mel(hertz: np.ndarray) -> np.ndarray:
        return 1127.01048 * np.log(1 + hertz / 700)

    bands = _triangles(
        mel(np.arange(1025) * 44_100 / 2048), np.linspace(0, mel(np.array(22_050.0)), BANDS + 2)
    )
    return csr_array((bands / bands.sum(1, keepdims=True)).astype(np.float32))


@lru_cache(maxsize=1)
def _slaney_bands() -> csr_array:
    """Triangles with straight sides in hertz, each of area one, on Slaney's mel scale.

    As ``librosa.filters.mel``; implemented here because importing librosa takes two
    seconds.
    """
    step = np.log(6.4) / 27  # above 1 kHz the scale is logarithmic, below linear
    mels = np.linspace(0, 15 + np.log(8_000 / 1000) / step, BANDS + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * step))
    bands = _triangles(np.arange(257) * 16_000 / 512, edges)
    return csr_array((bands * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32))


def _triangles(bins: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """``(bands, bins)``: from 0 at one edge up to 1 at the next, down to 0 at the third."""
    widths = np.diff(edges)[:, None]
    rise = (bins - edges[:-2, None]) / widths[:-1]
    fall = (edges[2:, None] - bins) / widths[1:]
    return np.maximum(0, np.minimum(rise, fall))
