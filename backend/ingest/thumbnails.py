"""Small pictures for the preview of an import."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from backend.domain import KindredError
from backend.media import read_media

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
    small = Image.fromarray(picture.frames[0])
    small.thumbnail(_SIZE)
    made = BytesIO()
    small.save(made, "JPEG", quality=85)
    return made.getvalue()
