"""Sound files, and the soundtracks of videos, to mono samples."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from backend.domain import Sound
from backend.media.errors import MediaError, decoding
from backend.media.excerpt import check_length, check_rate, middle, mono, to_sound
from backend.media.sniff import AIFF, FLAC, OGG, WAV, Family, Format, sniff
from backend.media.source import limits_or_default, load
from backend.settings import Limits

# What libsndfile seeks in exactly. It also reads MP3, but in variable-bit-rate
# files its seeking misses by audible amounts; FFmpeg's is exact to the sample.
_SNDFILE = {WAV, AIFF, FLAC, OGG}

_BLOCK = 2**20  # samples mixed down at a time: many channels must not fill the memory


class _Bytes(BytesIO):
    """Bytes in memory for libsndfile, which a damaged header sends to negative places."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go there, or stay where that is nowhere, as the C library expects of a file."""
        try:
            return super().seek(offset, whence)
        except ValueError:
            return self.tell()


def read_audio(source: Path | bytes, limits: Limits | None = None) -> Sound:
    """Decode a sound: WAV, MP3, Ogg (Vorbis, Opus), FLAC, M4A, AAC, AIFF.

    The soundtrack of an MP4, MOV or WebM counts as well. Mixed to mono (the
    mean of the channels), brought to ``limits.audio_rate``; of a sound longer
    than ``limits.audio_seconds`` exactly its middle is taken, and only that
    part is decoded. Of a file that was cut off, what is there is taken.

    Parameters
    ----------
    source : pathlib.Path or bytes
    limits : Limits, optional
        Those of the settings when not given.

    Returns
    -------
    Sound
        At least 0.02 s. The same bytes give the same samples.

    Raises
    ------
    MediaError
        ``not_a_sound``, ``no_sound``, ``unsupported``, ``too_long``,
        ``too_short``, ``damaged``, and those of reading the source.
    """
    limits = limits_or_default(limits)
    data = load(source, limits)
    found = sniff(data)
    if found.family is Family.IMAGE:
        raise MediaError(
            "not_a_sound", f"This is an image ({found.name}); bring a sound or a video instead."
        )
    return decode_audio(data, found, limits)


def decode_audio(data: bytes, found: Format, limits: Limits) -> Sound:
    """Decode bytes that were sniffed as a sound or a container; see `read_audio`."""
    from backend.media import container  # FFmpeg is only loaded when it is needed

    with decoding("sound"):
        if found in _SNDFILE and (sound := _sndfile(data, limits)) is not None:
            return sound
        with container.opened(data, found) as file:
            sound = container.soundtrack(file, container.tracks(file), limits)
        if sound is None:
            raise MediaError("no_sound", "There is no sound in this file; bring one that has.")
        return sound


def _sndfile(data: bytes, limits: Limits) -> Sound | None:
    """Decode through libsndfile; None when it cannot, or finds less than the header says."""
    try:
        with soundfile.SoundFile(_Bytes(data)) as file:
            rate, total = file.samplerate, file.frames
            check_rate(rate)
            check_length(total / rate, limits)
            start, wanted = middle(total, round(limits.audio_seconds * rate))
            samples = _read(file, start, wanted)
    except soundfile.LibsndfileError:
        return None
    if len(samples) < wanted:
        return None
    return to_sound(samples, rate, start=start / rate, duration=total / rate, limits=limits)


def _read(file: soundfile.SoundFile, start: int, wanted: int) -> np.ndarray:
    if start:
        file.seek(start)
    blocks, got = [np.zeros(0)], 0
    step = max(1, _BLOCK // file.channels)
    while got < wanted:
        block = file.read(min(step, wanted - got), dtype="float32", always_2d=True)
        if not len(block):
            break
        blocks.append(mono(block))
        got += len(block)
    return np.concatenate(blocks)
