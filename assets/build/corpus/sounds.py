"""Read and write sound: at most ten seconds, mono, Ogg/Opus without a random serial number."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

RATE = 48_000
SECONDS = 10.0


def read(path: Path, start: float = 0.0, seconds: float = SECONDS) -> np.ndarray:
    """An excerpt as ``(n,)`` float32 mono at 48 kHz."""
    with soundfile.SoundFile(path) as file:
        file.seek(min(int(start * file.samplerate), max(file.frames - 1, 0)))
        block = file.read(int(seconds * file.samplerate), dtype="float32", always_2d=True)
        rate = file.samplerate
    mono = np.ascontiguousarray(block.mean(axis=1))
    return mono if rate == RATE else soxr.resample(mono, rate, RATE).astype(np.float32)


def duration(path: Path) -> float:
    """Length of a sound file in seconds."""
    info = soundfile.info(path)
    return info.frames / info.samplerate


def silent(path: Path) -> bool:
    """Whether the first ten seconds hold no sound."""
    samples = read(path)
    return len(samples) < RATE // 50 or float(np.abs(samples).max()) < 1e-3


def opus(samples: np.ndarray, bitrate: int = 64_000) -> bytes:
    """Encode mono 48 kHz samples as Ogg/Opus.

    The muxer is told to be bit-exact: Ogg streams otherwise carry a random
    serial number, and two builds would differ.
    """
    fade = min(len(samples) // 20, RATE // 100)
    samples = np.clip(samples.copy(), -1.0, 1.0)
    if fade:
        samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    # libsndfile calls a short stream malformed when its only page is trimmed at
    # the end, so short sounds are spread over one page a packet.
    page = 1_000_000 if len(samples) > 2 * RATE else 20_000  # microseconds
    out = BytesIO()
    with av.open(
        out, "w", format="ogg", options={"fflags": "+bitexact", "page_duration": str(page)}
    ) as container:
        stream = container.add_stream("libopus", rate=RATE)
        stream.bit_rate = bitrate
        stream.codec_context.layout = "mono"
        stream.codec_context.format = "flt"
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = RATE
        for packet in stream.encode(frame):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return out.getvalue()
