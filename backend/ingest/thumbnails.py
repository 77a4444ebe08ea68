"""Small pictures for the preview of an import."""

from __future__ import annotations

from backend.domain import KindredError
from backend.media import read_media, small_frame

_SIZE = (480, 480)  # pixels


def thumbnail(data: bytes) -> bytes:
    """Return the picture of a file, or the first one of a video, as a small JPEG.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    bytes
        Empty when it cannot be decoded; the import will say so.
    """
    try:
        picture = read_media(data)[0]
    except KindredError:
        return b""
    if picture is None:
        return b""
    return small_frame(picture.frames[0], _SIZE, "JPEG", quality=85)
