"""Decoders of untrusted input: bytes to pictures, sounds and clean text.

No other package decodes media. A format is recognised by content, never by
name; all limits are in `backend.settings.Limits`; every refusal is a
`MediaError` with a code and one sentence.
"""

from backend.media.audio import read_audio
from backend.media.errors import MediaError
from backend.media.image import read_image
from backend.media.inspect import inspect
from backend.media.read import read_media
from backend.media.sniff import Family
from backend.media.text import clean_text
from backend.media.untrusted import read_untrusted
from backend.media.video import read_video
from backend.media.write import (
    inline_frame,
    small_frame,
    still,
    thumbnail,
    wav_bytes,
    write_flac,
    write_jpeg,
    write_ogg,
    write_webp,
)

__all__ = [
    "Family",
    "MediaError",
    "clean_text",
    "inline_frame",
    "inspect",
    "read_audio",
    "read_image",
    "read_media",
    "read_untrusted",
    "read_video",
    "small_frame",
    "still",
    "thumbnail",
    "wav_bytes",
    "write_flac",
    "write_jpeg",
    "write_ogg",
    "write_webp",
]
