"""Sound files, and the soundtracks of videos, to mono samples."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from backend.domain import Sound
from backend.media.errors import MediaError, decoding
from backend.media.excerpt import check_length, check_rate, middle, mono, to_sound
from backend.media.sniff import AIFF, AU, CAF, FLAC, OGG, W64, WAV, Family, Format
from backend.media.source import load_sniffed
from backend.settings import Limits

# Formats in which libsndfile seeks exactly. It also reads MP3, but seeks inaccurately
# in files of variable bit rate; FFmpeg seeks to the sample.
SNDFILE = {WAV, AIFF, FLAC, OGG, CAF, AU, W64}

_BLOCK = 2**20  # samples mixed down at a time, which bounds memory for many channels
UNKNOWN_FRAMES = 2**63 - 1  # libsndfile up to 1.2.0 says this of an Ogg that was cut off


class _Bytes(BytesIO):
    """Bytes in memory for libsndfile, which seeks to negative offsets after a damaged header."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Seek; ignore an offset before the start, as the C library expects of a file."""
        try:
            return super().seek(offset, whence)
        except ValueError:
            return self.tell()


def read_audio(source: Path | bytes, limits: Limits | None = None) -> Sound:
    """Decode a sound: WAV, MP3, Ogg (Vorbis, Opus), FLAC, M4A, AAC, AIFF, AMR, CAF, AU.

    The soundtrack of a video is read as well. Channels are averaged
    to mono and resampled to ``limits.audio_rate``. Of a sound longer than
    ``limits.audio_seconds`` only the middle is decoded. A truncated file is
    read as far as it goes.

    Parameters
    ----------
    source : pathlib.Path or bytes
    limits : Limits, optional
        Default: those of the settings.

    Returns
    -------
    Sound
        At least 0.03 s. The same bytes give the same samples.

    Raises
    ------
    MediaError
        ``not_a_sound``, ``no_sound``, ``unsupported``, ``too_long``,
        ``too_short``, ``damaged``, and those of reading the source.
    """
    data, file_format, limits = load_sniffed(source, limits)
    if file_format.family is Family.IMAGE:
        raise MediaError(
            "not_a_sound", f"This is an image ({file_format.name}); choose a sound or a video."
        )
    return decode_audio(data, file_format, limits)


def decode_audio(data: bytes, file_format: Format, limits: Limits) -> Sound:
    """Decode bytes that were sniffed as a sound or a container; see `read_audio`."""
    from backend.media import container  # FFmpeg is only loaded when it is needed

    with decoding("sound"):
        if file_format in SNDFILE and (sound := _sndfile(data, limits)) is not None:
            return sound
        with container.opened(data, file_format) as file:
            sound = container.soundtrack(file, container.tracks(file), limits)
        if sound is None:
            raise MediaError("no_sound", "This file has no sound; choose one with sound.")
        return sound


def _sndfile(data: bytes, limits: Limits) -> Sound | None:
    """Decode through libsndfile; None where it fails, or knows no length, or too great a one."""
    try:
        with soundfile.SoundFile(_Bytes(data)) as file:
            rate, total = file.samplerate, file.frames
            if total == UNKNOWN_FRAMES:
                return None
            check_rate(rate)
            check_length(total / rate, limits)
            start, count = middle(total, round(limits.audio_seconds * rate))
            samples = _read(file, start, count)
    except soundfile.LibsndfileError:
        return None
    if len(samples) < count:
        return None
    return to_sound(samples, rate, start=start / rate, duration=total / rate, limits=limits)


def _read(file: soundfile.SoundFile, start: int, count: int) -> np.ndarray:
    if start:
        file.seek(start)
    blocks, done = [np.zeros(0)], 0
    step = max(1, _BLOCK // file.channels)
    while done < count:
        block = file.read(min(step, count - done), dtype="float32", always_2d=True)
        if not len(block):
            break
        blocks.append(mono(block))
        done += len(block)
    return np.concatenate(blocks)
