"""Check a file by its headers, without decoding it."""

from __future__ import annotations

from io import BytesIO

import soundfile
from PIL import Image

from backend.media.audio import _SNDFILE
from backend.media.errors import decoding
from backend.media.excerpt import check_length, check_rate
from backend.media.image import _check_pixels, _too_many_pixels
from backend.media.sniff import Family, sniff
from backend.media.source import limits_or_default, load
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
    limits = limits_or_default(limits)
    file_format = sniff(load(data, limits))
    if file_format.family is Family.IMAGE:
        with decoding("image"):
            try:
                with Image.open(BytesIO(data), formats=[file_format.decoder]) as image:
                    _check_pixels(image.size, limits)
            except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
                raise _too_many_pixels(None, limits) from error
    elif file_format in _SNDFILE:
        try:
            header = soundfile.info(BytesIO(data))
        except (soundfile.LibsndfileError, ValueError):
            return file_format.family  # FFmpeg may still read it
        check_rate(header.samplerate)
        check_length(header.frames / header.samplerate, limits)
    return file_format.family
