"""Tiny real files of every format, made by the encoders that people's programs use."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import av
import numpy as np
import soundfile
from PIL import Image

CORNERS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (240, 240, 240))


def corners(width: int = 48, height: int = 32) -> Image.Image:
    """Red, green / blue, white: tells every turn and mirroring apart."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for index, colour in enumerate(CORNERS):
        row, column = divmod(index, 2)
        rows = slice(row * height // 2, (row + 1) * height // 2)
        pixels[rows, column * width // 2 : (column + 1) * width // 2] = colour
    return Image.fromarray(pixels)


def corner_colours(frame: np.ndarray) -> list[tuple[int, int, int]]:
    """The middle of each quarter, in reading order."""
    height, width, _ = frame.shape
    return [
        tuple(int(v) for v in frame[height * y // 4, width * x // 4])
        for y in (1, 3)
        for x in (1, 3)
    ]


def image(form: str, picture: Image.Image | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    (picture or corners()).save(file, form, **options)
    return file.getvalue()


def animation(form: str, count: int = 20, **options: object) -> bytes:
    """Frame i is grey of level 12 * i."""
    frames = [Image.new("RGB", (24, 16), (12 * i,) * 3) for i in range(count)]
    return image(form, frames[0], save_all=True, append_images=frames[1:], **options)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and brings no pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def chirp(seconds: float, rate: int = 44_100) -> np.ndarray:
    """A tone rising by 400 Hz a second: each moment sounds different."""
    t = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * (200 * t + 200 * t * t))).astype(np.float32)


def sound(form: str, subtype: str, samples: np.ndarray | None = None, rate: int = 48_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(
        file, chirp(1.5, rate) if samples is None else samples, rate, format=form, subtype=subtype
    )
    return file.getvalue()


def film(
    form: str,
    video: str | None = None,
    audio: str | None = None,
    seconds: float = 2.0,
    *,
    rate: int = 48_000,
    every: int = 12,
    size: tuple[int, int] = (64, 48),
    cover: bool = False,
    sound_seconds: float | None = None,
) -> bytes:
    """Frame i of n is grey of level 255 * i / n at 10 a second; the sound is `chirp`."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        streams = []
        count = round(seconds * 10)
        if video:
            fast = {"deadline": "realtime", "cpu-used": "8"} if "vpx" in video else {}
            stream = container.add_stream(video, rate=10, options=fast)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            if video == "mjpeg":
                stream.pix_fmt = "yuvj420p"
            stream.codec_context.gop_size = every
            streams.append((stream, _frames(count, size)))
        if audio:
            stream = container.add_stream(audio, rate=rate, layout="mono")
            if audio == "wmav2":
                stream.bit_rate = 64_000
            streams.append((stream, _sound(sound_seconds or seconds, rate)))
        for stream, frames in streams:
            for frame in frames:
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return file.getvalue()


def _frames(count: int, size: tuple[int, int]) -> list[av.VideoFrame]:
    frames = []
    for i in range(count):
        grey = np.full((size[1], size[0], 3), 255 * i // count, np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, "rgb24")
        frame.pts, frame.time_base = i, Fraction(1, 10)
        frames.append(frame)
    return frames


def _sound(seconds: float, rate: int) -> list[av.AudioFrame]:
    frame = av.AudioFrame.from_ndarray(chirp(seconds, rate)[np.newaxis], "flt", "mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return [frame]


def once(makers: dict[str, Callable[[], bytes]]) -> dict[str, Callable[[], bytes]]:
    """Make each file when it is first asked for, and only once."""
    return {name: cache(maker) for name, maker in makers.items()}


IMAGES = once(
    {
        "JPEG": lambda: image("JPEG", quality=95),
        "progressive JPEG": lambda: image("JPEG", quality=95, progressive=True),
        "PNG": lambda: image("PNG"),
        "WebP": lambda: image("WEBP", quality=95),
        "lossless WebP": lambda: image("WEBP", lossless=True),
        "HEIC": lambda: image("HEIF", quality=95),
        "AVIF": lambda: image("AVIF", quality=95),
        "GIF": lambda: image("GIF"),
        "BMP": lambda: image("BMP"),
        "TIFF": lambda: image("TIFF", compression="tiff_lzw"),
        "JPEG 2000": lambda: image("JPEG2000"),
    }
)
ANIMATIONS = once(
    {
        "GIF": lambda: animation("GIF"),
        "WebP": lambda: animation("WEBP", lossless=True),
        "APNG": lambda: animation("PNG"),
        "AVIF": lambda: animation("AVIF", quality=95),
    }
)
SOUNDS = once(
    {
        "WAV": lambda: sound("WAV", "PCM_16"),
        "WAV 24 bits": lambda: sound("WAV", "PCM_24"),
        "WAV float": lambda: sound("WAV", "FLOAT"),
        "WAV 8 bits": lambda: sound("WAV", "PCM_U8"),
        "WAV ADPCM": lambda: sound("WAV", "MS_ADPCM"),
        "AIFF": lambda: sound("AIFF", "PCM_16"),
        "FLAC": lambda: sound("FLAC", "PCM_16"),
        "Ogg Vorbis": lambda: sound("OGG", "VORBIS"),
        "Ogg Opus": lambda: sound("OGG", "OPUS"),
        "MP3": lambda: sound("MP3", "MPEG_LAYER_III"),
        "M4A": lambda: film("ipod", None, "aac", 1.5),
        "M4A lossless": lambda: film("ipod", None, "alac", 1.5),
        "MP4 without film": lambda: film("mp4", None, "aac", 1.5),
        "AAC": lambda: film("adts", None, "aac", 1.5),
        "WebM without film": lambda: film("webm", None, "libopus", 1.5),
        "CAF": lambda: sound("CAF", "PCM_16"),
        "AU": lambda: sound("AU", "PCM_16"),
    }
)
# What speech codecs and damaged starts leave of a sound.
ROUGH_SOUNDS = once(
    {
        "AMR": lambda: film("amr", None, "libopencore_amrnb", 1.5, rate=8_000),
        "MP3 after NULs": lambda: bytes(417) + sound("MP3", "MPEG_LAYER_III"),
    }
)
FILMS = once(
    {
        "MP4": lambda: film("mp4", "libx264", "aac"),
        "MP4 HEVC": lambda: film("mp4", "libx265", "aac"),
        "MP4 MPEG-4": lambda: film("mp4", "mpeg4", "aac"),
        "MOV": lambda: film("mov", "libx264", "pcm_s16le"),
        "MOV MJPEG": lambda: film("mov", "mjpeg", "aac"),
        "WebM VP8": lambda: film("webm", "libvpx", "libopus"),
        "WebM VP9": lambda: film("webm", "libvpx-vp9", "libopus"),
        "Matroska": lambda: film("matroska", "libx264", "flac"),
        "AVI": lambda: film("avi", "mpeg4", "mp2"),
        "Windows Media": lambda: film("asf", "wmv2", "wmav2", rate=44_100),
        "transport stream": lambda: film("mpegts", "libx264", "aac"),
        "Flash video": lambda: film("flv", "flv", "aac", rate=44_100),
    }
)
