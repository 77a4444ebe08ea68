"""What can be said of a file before it is decoded."""

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
    """Refuse what its first bytes show to be unusable; decode nothing.

    Parameters
    ----------
    data : bytes
        A whole file.
    limits : Limits, optional
        Those of the settings when not given.

    Returns
    -------
    Family
        What the file is. It may still turn out to be damaged.

    Raises
    ------
    MediaError
        As `read_media`, as far as headers tell.
    """
    limits = limits_or_default(limits)
    found = sniff(load(data, limits))
    if found.family is Family.IMAGE:
        with decoding("image"):
            try:
                with Image.open(BytesIO(data), formats=[found.decoder]) as image:
                    _check_pixels(image.size, limits)
            except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
                raise _too_many_pixels(None, limits) from error
    elif found in _SNDFILE:
        try:
            told = soundfile.info(BytesIO(data))
        except (soundfile.LibsndfileError, ValueError):
            return found.family  # FFmpeg may still read it
        check_rate(told.samplerate)
        check_length(told.frames / told.samplerate, limits)
    return found.family
