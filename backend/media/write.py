"""Encode decoded media: for the corpus, for thumbnails, for pages and for players.

Files are written, or replaced, whole or not at all.
"""

from __future__ import annotations

import base64
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
import soxr
from PIL import Image

from backend.core.files import write_atomically
from backend.domain import Picture, Sound

_OPUS_RATE = 48_000  # Opus always works at this rate inside


def thumbnail(picture: Picture, side: int = 256, quality: int = 80, effort: int = 4) -> bytes:
    """Encode the still of a picture as WebP.

    Parameters
    ----------
    picture : Picture
    side : int
        Longest side in pixels; a smaller picture is not enlarged.
    quality : int
        0 to 100.
    effort : int
        0 to 6; more takes longer and gives fewer bytes.
    """
    return _still(picture, side, "WEBP", quality=quality, method=effort)


def small_frame(
    frame: np.ndarray, size: tuple[int, int], file_format: str, **options: int
) -> bytes:
    """Encode a frame so that it fits into a size; a smaller one is not enlarged.

    Parameters
    ----------
    frame : numpy.ndarray
        ``(height, width, 3)`` uint8.
    size : tuple of int
        Width and height in pixels.
    file_format : str
        ``WEBP``, ``JPEG`` or another that Pillow writes.
    **options : int
        Of that format.
    """
    image = Image.fromarray(frame)
    image.thumbnail(size, Image.Resampling.LANCZOS, reducing_gap=None)
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def inline_frame(frame: np.ndarray, size: tuple[int, int] = (144, 144)) -> str:
    """Return a frame as a small WebP in Base64, for pages that fetch nothing.

    Parameters
    ----------
    frame, size
        See `small_frame`.
    """
    return base64.b64encode(small_frame(frame, size, "WEBP", quality=70, method=2)).decode()


def _still(picture: Picture, side: int, file_format: str, **options: int) -> bytes:
    return small_frame(still(picture), (side, side), file_format, **options)


def still(picture: Picture) -> np.ndarray:
    """Return the frame to show where only one can be: the middle one.

    Many videos begin with black or a title.
    """
    return picture.frames[len(picture.frames) // 2]


def write_webp(
    picture: Picture, path: Path, side: int = 256, quality: int = 80, effort: int = 4
) -> None:
    """Write the still of a picture as WebP.

    A corpus keeps one small still even of an animation; vectors are computed
    from all frames before. For `side`, `quality` and `effort` see `thumbnail`.
    """
    write_atomically(path, thumbnail(picture, side, quality, effort))


def write_jpeg(picture: Picture, path: Path, side: int = 512, quality: int = 90) -> None:
    """Write the still of a picture as JPEG.

    For imports: takes a seventh of the time of WebP (method 2, quality 80) and about
    twice the bytes at the same quality. For `side` and `quality` see `thumbnail`.
    """
    write_atomically(path, _still(picture, side, "JPEG", quality=quality))


def write_flac(sound: Sound, path: Path) -> None:
    """Write a sound as FLAC, 16 bits, at its own rate."""
    write_atomically(path, _encoded(sound, "FLAC"))


def write_ogg(sound: Sound, path: Path, bits: int = 64_000, effort: int = 10) -> None:
    """Write a sound as Ogg/Opus; the same sound always gives the same bytes.

    Parameters
    ----------
    sound : Sound
    path : pathlib.Path
    bits : int
        Bits a second.
    effort : int
        0 to 10; more takes longer and sounds a little better.
    """
    import av  # FFmpeg is only loaded when it is needed

    samples = sound.samples
    if sound.rate != _OPUS_RATE:
        samples = soxr.resample(samples, sound.rate, _OPUS_RATE)
    file = BytesIO()
    # libsndfile would put a random serial number into every page.
    with av.open(file, "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(
            "libopus", rate=_OPUS_RATE, layout="mono", options={"compression_level": str(effort)}
        )
        stream.codec_context.bit_rate = bits
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis].astype(np.float32), "flt", "mono")
        frame.sample_rate, frame.pts, frame.time_base = _OPUS_RATE, 0, Fraction(1, _OPUS_RATE)
        for packet_source in (frame, None):
            container.mux(stream.encode(packet_source))
    write_atomically(path, file.getvalue())


def wav_bytes(sound: Sound) -> bytes:
    """Encode a sound as WAV, 16 bits, which every player and browser takes."""
    return _encoded(sound, "WAV")


def _encoded(sound: Sound, file_format: str) -> bytes:
    buffer = BytesIO()
    soundfile.write(buffer, sound.samples, sound.rate, format=file_format, subtype="PCM_16")
    return buffer.getvalue()
