"""Sentences of our own as pictures in three styles and as spoken sounds.

`recognition_sentences.tsv` has 104 sentences, 13 for each emotion, in five languages. They
were written for this measurement; only the least weight of a transcript was chosen on them.
Fonts and voices come from Debian:
``apt-get install espeak-ng fonts-bebas-neue fonts-comic-neue fonts-open-sans``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from backend.domain import Picture, Sound
from backend.media import read_media

SENTENCES = Path(__file__).with_name("recognition_sentences.tsv")
FONTS = Path("/usr/share/fonts")
STYLES = ("screenshot", "meme", "card")
VOICES = {
    "en": ("en-us", "en-gb+f2", "en-us+m3", "en-gb-scotland", "en-us+f4"),
    "de": ("de", "de+f2"),
    "fr": ("fr-fr", "fr-fr+f2"),
    "es": ("es", "es-419+f2"),
    "it": ("it", "it+f2"),
}
SIZE = (720, 540)


@dataclass(frozen=True)
class Sentence:
    """A sentence with the emotion that its writer meant."""

    emotion: str
    language: str
    text: str


def sentences() -> list[Sentence]:
    """Return all sentences."""
    lines = SENTENCES.read_text("utf-8").splitlines()
    return [Sentence(*line.split("\t")) for line in lines]


def draw(text: str, style: str, seed: int) -> Picture:
    """Draw a sentence: a chat screenshot, a meme in capitals, or a card in handwriting."""
    random = np.random.default_rng(seed)
    if style == "screenshot":
        image = Image.new("RGB", SIZE, (236, 240, 241))
        draw = ImageDraw.Draw(image)
        draw.rounded_rectangle((40, 120, 680, 420), 24, fill="white")
        _write(draw, text, _font("truetype/open-sans/OpenSans-Regular.ttf", 30), 36, 165)
    elif style == "meme":
        colours = random.integers(30, 220, (6, 8, 3), dtype=np.uint8)
        image = Image.fromarray(colours).resize(SIZE, Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(image)
        font = _font("opentype/bebas-neue/BebasNeue-Bold.otf", 52)
        _write(draw, text.upper(), font, 30, 40, fill="white", stroke=3)
    else:
        top, bottom = random.integers(150, 255, (2, 3))
        shade = np.linspace(top, bottom, SIZE[1])[:, None].repeat(SIZE[0], 1)
        image = Image.fromarray(shade.astype(np.uint8))
        draw = ImageDraw.Draw(image)
        font = _font("opentype/comic-neue/ComicNeue-Bold.otf", 40)
        _write(draw, text, font, 30, 110, fill=(40, 30, 60))
    return Picture((np.array(image.convert("RGB")),))


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    if not (FONTS / name).is_file():
        sys.exit(f"There is no font {FONTS / name}. {__doc__.rpartition(':')[2].strip()}")
    return ImageFont.truetype(str(FONTS / name), size)


def _write(
    draw: ImageDraw.ImageDraw,
    text: str,
    font: ImageFont.FreeTypeFont,
    width: int,
    top: int,
    *,
    fill: object = "black",
    stroke: int = 0,
) -> None:
    for row, line in enumerate(textwrap.wrap(text, width)):
        place = (70, top + row * round(font.size * 1.5))
        draw.text(place, line, font=font, fill=fill, stroke_width=stroke, stroke_fill="black")


def voice(sentence: Sentence, number: int) -> str:
    """Return the voice that speaks a sentence."""
    voices = VOICES[sentence.language]
    return voices[number % len(voices)]


def speak(sentence: Sentence, number: int) -> Sound:
    """Speak a sentence with espeak-ng."""
    if shutil.which("espeak-ng") is None:
        sys.exit("There is no espeak-ng: apt-get install espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spoken.wav"
        command = ["espeak-ng", "-v", voice(sentence, number), "-s", "150", "-w", str(file)]
        subprocess.run([*command, sentence.text], check=True)
        sound = read_media(file)[1]
    assert sound is not None
    return sound
