"""Perceptual hashes of pictures and sounds: near-copies have nearly the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import imagehash
import numpy as np
from PIL import Image

from backend.core.progress import Progress

BITS = 256
_SIDE = 16  # of the hash
_FLAT = 2.0  # grey values; a picture that varies less shows nothing to compare
_CELLS = 8  # across and down, whose colours are compared
# Distance between the colours (Cb, Cr) of the cells that differ most, a third of all. Of one
# picture edited it is 19 at most, of flags of the same stripes, hearts and hair 26 or more
# (measured on commons and larkhaven).
_OTHER_COLOURS = 24.0
_DIFFER_MOST = _CELLS**2 // 3
_PALER = 3.0  # times, at most, that a copy may be paler
_MELS, _RATE, _SECONDS = 64, 16_000, 30.0
_PART = 500  # files between two reports of the progress


class Fingerprint(NamedTuple):
    """What is compared of a picture or a sound.

    Attributes
    ----------
    hash : numpy.ndarray
        ``(32,)`` uint8, of the shapes alone.
    colours : numpy.ndarray
        ``(128,)`` uint8: Cb and Cr of 8 x 8 cells; ``(0,)`` of a sound.
    """

    hash: np.ndarray
    colours: np.ndarray


def of_picture(path: Path) -> Fingerprint | None:
    """Hash a picture file; None if it cannot be read or shows nothing."""
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (256, 256))
            picture = opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    cells = picture.resize((_CELLS, _CELLS), Image.Resampling.BOX).convert("YCbCr")
    return _fingerprint(picture.convert("L"), np.asarray(cells)[..., 1:].ravel())


def of_sound(path: Path) -> Fingerprint | None:
    """Hash the spectrogram of a sound file, silence around it cut off; None without sound."""
    import librosa
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            samples = file.read(int(rate * _SECONDS), dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError):
        return None
    mono = samples.mean(axis=1)
    if len(mono) < rate // 4 or float(np.abs(mono).max()) < 1e-3:
        return None
    mono = librosa.resample(mono, orig_sr=rate, target_sr=_RATE)
    trimmed, _ = librosa.effects.trim(mono, top_db=40)
    power = librosa.feature.melspectrogram(y=trimmed, sr=_RATE, n_mels=_MELS)
    levels = librosa.power_to_db(power, ref=np.max, top_db=60)
    picture = Image.fromarray(np.uint8((levels + 60) / 60 * 255))
    return _fingerprint(picture, np.empty(0, dtype=np.uint8))


def _fingerprint(grey: Image.Image, colours: np.ndarray) -> Fingerprint | None:
    if float(np.asarray(grey.resize((32, 32))).std()) < _FLAT:
        return None
    return Fingerprint(np.packbits(imagehash.phash(grey, hash_size=_SIDE).hash), colours)


def same_colours(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which pictures of two lists may be one by their colours, ``(n,)`` bool.

    A copy may be paler, but neither in other colours nor, where they were vivid, in none.
    Sounds always may be one.

    Parameters
    ----------
    one, other : numpy.ndarray
        ``(n, 128)`` uint8, see `Fingerprint`; ``(n, 0)`` of sounds.
    """
    if not one.size:
        return np.ones(len(one), dtype=bool)
    cells = [part.reshape(len(part), -1, 2).astype(np.float32) - 128 for part in (one, other)]
    first = (_strength(cells[0]) >= _strength(cells[1]))[:, None, None]  # is the more vivid one
    a, b = np.where(first, *cells), np.where(first, *reversed(cells))
    paler = (a * b).sum(axis=(1, 2)) / np.maximum(_strength(b), 1e-6)
    apart = np.linalg.norm(a - np.clip(paler, 1, _PALER)[:, None, None] * b, axis=2)
    return np.asarray(np.sort(apart, axis=1)[:, -_DIFFER_MOST:].mean(axis=1) <= _OTHER_COLOURS)


def _strength(cells: np.ndarray) -> np.ndarray:
    return np.asarray((cells**2).sum(axis=(1, 2)))


def many(
    paths: Sequence[Path],
    fingerprint: Callable[[Path], Fingerprint | None],
    *,
    threads: int,
    progress: Progress | None = None,
) -> list[Fingerprint | None]:
    """Hash files on several threads, in their order: decoding runs outside Python's lock."""
    found: list[Fingerprint | None] = []
    with ThreadPoolExecutor(threads) as pool:
        for number, one in enumerate(pool.map(fingerprint, paths, chunksize=16)):
            found.append(one)
            if progress is not None and number % _PART == 0:
                progress(number, len(paths))
    return found


def pairs(hashes: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the pairs of hashes that differ in few bits.

    Parameters
    ----------
    hashes : numpy.ndarray
        ``(n, 32)`` uint8.
    most : int
        Bits in which two may differ.

    Returns
    -------
    pairs, bits : numpy.ndarray
        ``(m, 2)`` int64 indices, and ``(m,)`` in how many bits they differ.
    """
    import faiss

    if len(hashes) < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.int64)
    index = faiss.IndexBinaryFlat(BITS)
    index.add(hashes)
    ends, bits, near = index.range_search(hashes, most + 1)
    many_near = ends[1:].astype(np.int64) - ends[:-1].astype(np.int64)
    own = np.repeat(np.arange(len(hashes)), many_near)
    once = own < near
    found = np.stack([own[once], near[once]], axis=1).astype(np.int64)
    return found, bits[once].astype(np.int64)
