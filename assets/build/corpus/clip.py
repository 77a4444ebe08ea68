"""A clip of ten seconds: drawn scenes with words, and a synthetic voice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from PIL import ImageDraw

from assets.build.corpus import sounds
from assets.build.corpus.drawing import font, ground

SIZE = (384, 288)
RATE = 8  # frames a second
VOICE = "en-us"
SAID = (
    "We found this puppy alone in the rain. He was cold and so scared. "
    "Now he sleeps on my bed, and I am so happy!"
)
_SCENES = (  # until the second, ground from top to bottom, words
    (3.2, (86, 98, 118), (58, 66, 84), "Alone in the rain"),
    (6.0, (70, 74, 96), (44, 44, 62), "So scared"),
    (10.0, (250, 214, 150), (244, 178, 130), "Home. So happy!"),
)


def _puppy(draw: ImageDraw.ImageDraw, x: int, y: int, *, glad: bool) -> None:
    """Draw the head of a puppy around a point."""
    for side in (-1, 1):
        draw.ellipse((x + 44 * side - 22, y - 40, x + 44 * side + 22, y + 40), fill="#7A5230")
    draw.ellipse((x - 54, y - 50, x + 54, y + 50), fill="#B98150")
    for side in (-1, 1):
        draw.ellipse((x + 20 * side - 8, y - 18, x + 20 * side + 8, y - 2), fill="#202024")
    draw.ellipse((x - 10, y + 6, x + 10, y + 20), fill="#202024")
    box = (x - 20, y + 12, x + 20, y + 36) if glad else (x - 16, y + 26, x + 16, y + 46)
    draw.arc(box, 20 if glad else 200, 160 if glad else 340, fill="#202024", width=4)


def _frames(seconds: float) -> Iterator[np.ndarray]:
    for number in range(round(seconds * RATE)):
        second = number / RATE
        _, top, bottom, words = next(s for s in _SCENES if second < s[0] or s is _SCENES[-1])
        image = ground(top, bottom).resize(SIZE)
        draw = ImageDraw.Draw(image)
        glad = words == _SCENES[-1][3]
        if not glad:
            for drop in range(24):
                x, y = drop * 67 % SIZE[0], (drop * 91 + number * 24) % SIZE[1]
                draw.line((x, y, x - 4, y + 16), fill=(150, 166, 190), width=2)
        _puppy(draw, 192, 170 + (number % 4 if glad else number % 2), glad=glad)
        place = (SIZE[0] // 2, 24)
        draw.text(place, words, "white", font("comic", 34), "ma", stroke_width=3,
                  stroke_fill="#33294A")  # fmt: skip
        yield np.array(image)


def write(voice: Path, target: Path) -> Path:
    """Write the clip as WebM, bit-exact and on one thread: the same bytes each time."""
    samples = sounds.read(voice)
    with av.open(str(target), "w", format="webm", options={"fflags": "+bitexact"}) as file:
        video = file.add_stream("libvpx-vp9", rate=RATE)
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        video.codec_context.thread_count = 1
        video.codec_context.flags |= av.codec.context.Flags.bitexact
        video.options = {"crf": "40", "b": "0", "cpu-used": "4", "row-mt": "0"}
        audio = file.add_stream("libopus", rate=sounds.RATE)
        audio.bit_rate = 48_000
        audio.codec_context.layout, audio.codec_context.format = "mono", "flt"
        audio.codec_context.flags |= av.codec.context.Flags.bitexact
        for pixels in _frames(len(samples) / sounds.RATE):
            for packet in video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                file.mux(packet)
        heard = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        heard.sample_rate = sounds.RATE
        for stream, frame in ((audio, heard), (audio, None), (video, None)):
            for packet in stream.encode(frame):
                file.mux(packet)
    return target
