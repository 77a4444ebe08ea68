"""Recognise small files that would keep a decoder busy for hours, before decoding them."""

from __future__ import annotations

import re

from backend.media.errors import MediaError

# Encoders write about ten scans. Each takes a pass over the whole image but as little
# as 75 bytes, so a 50 MB file could demand half a million passes.
JPEG_SCANS = 100

# A camera writes one. The decoder puts them together, each time anew: those of 50 MB take it
# ten seconds.
JPEG_EXIF = 16

# Decoding even the smallest frame takes as long as this many pixels: a 50 MB file
# can hold four million frames of one pixel each.
FRAME_PIXELS = 100_000

# FF is followed by 00 inside compressed data and by D0-D7 at restarts. Of several FF match only
# the last: a pattern for the whole run takes quadratic time where no marker follows.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_START_OF_SCAN, _END_OF_IMAGE, _APP1 = 0xDA, 0xD9, 0xE1


def check_jpeg(data: bytes) -> None:
    """Refuse a JPEG with more than `JPEG_SCANS` scans or `JPEG_EXIF` pieces of EXIF: ``damaged``.

    Only the first image in the file is checked: previews in its headers and
    whatever follows its end (a second view, a short video) are skipped.
    """
    at, scans, exif = 2, 0, 0
    while match := _MARKER.search(data, at):
        marker, begin = match[1][0], match.end()
        if marker == _END_OF_IMAGE:
            return
        scans += marker == _START_OF_SCAN
        exif += marker == _APP1 and data.startswith(b"Exif\0\0", begin + 2)
        if scans > JPEG_SCANS:
            raise _too_many(f"{JPEG_SCANS} scans")
        if exif > JPEG_EXIF:
            raise _too_many(f"{JPEG_EXIF} pieces of EXIF")
        at = begin + max(2, int.from_bytes(data[begin : begin + 2], "big"))


def _too_many(what: str) -> MediaError:
    return MediaError(
        "damaged",
        f"This JPEG has more than {what}, which no camera writes;"
        " save it again with an image editor.",
    )
