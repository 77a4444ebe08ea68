"""Decode one upload of any media format."""

from __future__ import annotations

import threading
from pathlib import Path

from backend.domain import Picture, Sound
from backend.media.audio import decode_audio
from backend.media.image import decode_image
from backend.media.sniff import Family
from backend.media.source import load_sniffed
from backend.media.video import decode_video
from backend.settings import Limits

# Decodes at a time: an image at the limit takes up to a gigabyte meanwhile.
_DECODERS = threading.BoundedSemaphore(2)


def read_media(
    source: Path | bytes, limits: Limits | None = None
) -> tuple[Picture | None, Sound | None]:
    """Decode an image, a sound or a video, recognised by its content.

    Parameters
    ----------
    source : pathlib.Path or bytes
    limits : Limits, optional
        Default: those of the settings.

    Returns
    -------
    picture : Picture or None
        From an image or a video.
    sound : Sound or None
        From a sound, or a video with a soundtrack. At least one of the two is not None.

    Raises
    ------
    MediaError
        See `read_image`, `read_audio` and `read_video`.
    """
    data, file_format, limits = load_sniffed(source, limits)
    with _DECODERS:
        match file_format.family:
            case Family.IMAGE:
                return decode_image(data, file_format, limits), None
            case Family.SOUND:
                return None, decode_audio(data, file_format, limits)
            case Family.CONTAINER:
                return decode_video(data, file_format, limits)
