"""Damaged files, patterns and full pages through both readers: an answer, bounded work."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import numpy as np
import pytest

from backend.domain import Content, KindredError, Modality, Picture, Sound
from backend.media import read_media
from backend.recognition import Recognizer, image_text, missing
from tests.backend.ingest import hostile
from tests.backend.recognition.drawn import frame

FILES = int(os.environ.get("KINDRED_TEST_HOSTILE", "40"))  # `make thorough` reads 2,000
RECOGNIZER = Recognizer("cpu")


def pattern(rng: np.random.Generator) -> np.ndarray:
    """A picture that detectors of text may take for text: stripes, grids, noise, blocks."""
    height, width = rng.integers(1, 400, 2)
    y, x = np.mgrid[:height, :width]
    step = int(rng.integers(2, 24))
    kinds: tuple[Callable[[], np.ndarray], ...] = (
        lambda: (y // step % 2) * 255,
        lambda: ((y // step + x // step) % 2) * 255,
        lambda: rng.integers(0, 256, (height, width)),
        lambda: ((y // step % 2) & (x // (step // 2 + 1) % 3 > 0)) * 255,
        lambda: np.full((height, width), int(rng.integers(0, 256))),
    )
    grey = kinds[rng.integers(len(kinds))]()
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8)


def read(content: Content) -> dict[Modality, str]:
    (found,) = RECOGNIZER.read([content], set(Modality))
    assert not [r for r in found.values() if "failed" in r.note], found
    for reading in found.values():
        assert 0 <= reading.confidence <= 1 and 0 <= reading.share <= 1
        assert len(reading.text) < 20_000
        for passage in reading.passages:
            assert all(edge >= 0 for edge in passage.where)
    return {modality: reading.text for modality, reading in found.items()}


def test_damaged_files() -> None:
    for number in range(FILES):
        rng = random.Random(number)
        _, data = rng.choice((hostile.harmed, hostile.media))(rng)
        try:
            picture, sound = read_media(data)
        except KindredError:
            continue
        read(Content(image=picture, audio=sound))


def test_patterns() -> None:
    rng = np.random.default_rng(5)
    for _ in range(FILES // 2):
        assert set(read(Content(image=Picture((pattern(rng),)))).values()) <= {""}


@pytest.mark.skipif(bool(missing()), reason=missing() or "")
def test_sounds_out_of_range() -> None:
    silence = np.zeros(16_000, dtype=np.float32)
    loud = np.full(16_000, 1e30, dtype=np.float32)
    for samples in (silence[:1], silence, loud, np.where(silence == 0, np.nan, 0), silence[:0]):
        assert read(Content(audio=Sound(samples.astype(np.float32), 16_000))) == {
            Modality.AUDIO: ""
        }


def test_a_full_page_and_a_long_film_cost_no_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = image_text.TextReader()
    widths: list[float] = []
    recognize = reader._recognize

    def counted(pixels: np.ndarray, regions: list) -> list:
        widths.extend(region.ratio for region in regions)
        return recognize(pixels, regions)

    monkeypatch.setattr(image_text, "_WIDTH", 40)
    monkeypatch.setattr(reader, "_recognize", counted)
    pages = [frame([f"{word} again and again {n}" for n in range(6)], size=22) for word in "abc"]
    reading = reader.read(Picture(tuple(pages)))
    assert reading.text
    longest = max(widths)
    assert sum(widths) <= 40 + longest * len(pages)
