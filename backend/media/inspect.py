"""Check a file by its headers, without decoding it."""

from __future__ import annotations

from io import BytesIO

import soundfile

from backend.media.audio import SNDFILE, UNKNOWN_FRAMES
from backend.media.excerpt import check_length, check_rate
from backend.media.image import opened
from backend.media.sniff import Family
from backend.media.source import load_sniffed
from backend.settings import Limits


def inspect(data: bytes, limits: Limits | None = None) -> Family:
    """Refuse a file that its headers show to be unusable; decode nothing.

    Parameters
    ----------
    data : bytes
        A whole file.
    limits : Limits, optional
        Default: those of the settings.

    Returns
    -------
    Family
        Family of the format. Decoding may still find the file damaged.

    Raises
    ------
    MediaError
        As `read_media`, as far as headers show.
    """
    data, file_format, limits = load_sniffed(data, limits)
    if file_format.family is Family.IMAGE:
        with opened(data, file_format, limits):
            pass  # opening checks the header
    elif file_format in SNDFILE:
        try:
            header = soundfile.info(BytesIO(data))
        except (soundfile.LibsndfileError, ValueError):
            return file_format.family  # FFmpeg may still read it
        if header.frames == UNKNOWN_FRAMES:
            return file_format.family
        check_rate(header.samplerate)
        check_length(header.frames / header.samplerate, limits)
    return file_format.family
