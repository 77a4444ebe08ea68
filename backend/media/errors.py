"""Errors of refused media, with a sentence for the user."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from backend.domain import KindredError

log = logging.getLogger(__name__)


class MediaError(KindredError):
    """A file or a text that cannot be accepted.

    Codes: ``empty``, ``not_found``, ``unreadable``, ``too_large`` (bytes),
    ``too_many_pixels``, ``too_many_frames``, ``too_long`` (seconds or
    characters), ``too_short``, ``unsupported`` (the format), ``not_an_image``,
    ``not_a_sound``, ``not_a_video``, ``no_sound``, ``damaged``, ``too_demanding`` (time or memory).
    """


@contextmanager
def decoding(what: str) -> Iterator[None]:
    """Turn whatever a decoder raises into one `MediaError`.

    Decoders raise almost any exception for hostile bytes (OSError, SyntaxError,
    struct.error, ...). To the user they all mean the same. The cause stays chained
    and is logged. That memory has run out says nothing of the file.

    Parameters
    ----------
    what : str
        "image", "sound" or "video", for the message.

    Raises
    ------
    MediaError
        ``damaged``, or the `MediaError` raised inside.
    MemoryError
    """
    try:
        yield
    except (KindredError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and "memory" in str(error):  # as Pillow and FFmpeg tell it
            raise MemoryError(str(error)) from error
        log.info("Could not decode %s %s: %r", "an" if what == "image" else "a", what, error)
        raise MediaError(
            "damaged", f"This {what} is damaged or incomplete; export or download it again."
        ) from error


def in_units(size: int) -> str:
    """Format a number of bytes.

    Examples
    --------
    >>> in_units(52_428_800), in_units(900)
    ('50 MB', '900 bytes')
    """
    return f"{size / 2**20:.3g} MB" if size >= 2**19 else f"{size} bytes"
