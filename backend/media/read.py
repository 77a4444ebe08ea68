"""One upload, whatever it is."""

from __future__ import annotations

import threading
from pathlib import Path

from backend.domain import Picture, Sound
from backend.media.audio import decode_audio
from backend.media.image import decode_image
from backend.media.sniff import Family, sniff
from backend.media.source import limits_or_default, load
from backend.media.video import decode_video
from backend.settings import Limits

# An image at the limit takes up to a gigabyte while it is decoded: so many at once.
_GATE = threading.BoundedSemaphore(2)


def read_media(
    source: Path | bytes, limits: Limits | None = None
) -> tuple[Picture | None, Sound | None]:
    """Decode an image, a sound or a video; its content says which it is.

    Parameters
    ----------
    source : pathlib.Path or bytes
    limits : Limits, optional
        Those of the settings when not given.

    Returns
    -------
    picture : Picture or None
        From an image or a video.
    sound : Sound or None
        From a sound, or a video that has one. At least one of the two is there.

    Raises
    ------
    MediaError
        See `read_image`, `read_audio` and `read_video`.
    """
    limits = limits_or_default(limits)
    data = load(source, limits)
    found = sniff(data)
    with _GATE:
        match found.family:
            case Family.IMAGE:
                return decode_image(data, found, limits), None
            case Family.SOUND:
                return None, decode_audio(data, found, limits)
            case Family.CONTAINER:
                return decode_video(data, found, limits)
