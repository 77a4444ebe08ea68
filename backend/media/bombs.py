"""Recognise small files that would keep a decoder busy for hours, before decoding them."""

from __future__ import annotations

import re

from backend.media.errors import MediaError

# Encoders write about ten scans. Each takes a pass over the whole image but as little
# as 75 bytes, so a 50 MB file could demand half a million passes.
JPEG_SCANS = 100

# Decoding even the smallest frame takes as long as this many pixels: a 50 MB file
# can hold four million frames of one pixel each.
FRAME_PIXELS = 100_000

# FF is followed by 00 inside compressed data and by D0-D7 at restarts. Of several FF match only
# the last: a pattern for the whole run takes quadratic time where no marker follows.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def check_jpeg_scans(data: bytes) -> None:
    """Refuse a JPEG with more than `JPEG_SCANS` scans, as ``damaged``.

    Only the first image in the file is checked: previews in its headers and
    whatever follows its end (a second view, a short video) are skipped.
    """
    at, scans = 2, 0
    while match := _MARKER.search(data, at):
        marker = match[1][0]
        if marker == _END_OF_IMAGE:
            return
        scans += marker == _START_OF_SCAN
        if scans > JPEG_SCANS:
            raise MediaError(
                "damaged",
                f"This JPEG has more than {JPEG_SCANS} scans, which no camera writes;"
                " save it again with an image editor.",
            )
        at = match.end() + max(2, int.from_bytes(data[match.end() : match.end() + 2], "big"))
