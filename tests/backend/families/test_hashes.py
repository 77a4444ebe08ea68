"""Perceptual hashes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from backend.families import hashes
from backend.settings import ASSETS

DRAWINGS = sorted((ASSETS / "corpus" / "media" / "openclipart").glob("*.webp"))[:40]
SOUND = sorted((ASSETS / "corpus" / "media" / "sonic-pi").glob("*.ogg"))[0]


def bits(one: hashes.Fingerprint | None, other: hashes.Fingerprint | None) -> int:
    assert one is not None and other is not None
    return int(np.unpackbits(one.hash ^ other.hash).sum())


def test_a_picture_stays_the_same_when_it_is_stored_anew(tmp_path: Path) -> None:
    with Image.open(DRAWINGS[0]) as opened:
        image = opened.convert("RGB")
    image.resize((image.width // 2, image.height // 2)).save(tmp_path / "small.jpg", quality=25)
    first = hashes.of_picture(DRAWINGS[0])
    small = hashes.of_picture(tmp_path / "small.jpg")
    assert bits(first, small) <= 30
    assert first and small and hashes.same_colours(first.colours[None], small.colours[None]).all()
    others = [hashes.of_picture(path) for path in DRAWINGS[1:]]
    assert min(bits(first, other) for other in others) > 60


def test_a_sound_stays_the_same_softer_and_later(tmp_path: Path) -> None:
    samples, rate = soundfile.read(SOUND, dtype="float32")
    later = np.concatenate([np.zeros(rate // 3, np.float32), samples * 0.6])
    soundfile.write(tmp_path / "later.ogg", later, rate)
    assert bits(hashes.of_sound(SOUND), hashes.of_sound(tmp_path / "later.ogg")) <= 40


def test_what_cannot_be_read_or_shows_nothing_has_no_hash(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"no picture")
    Image.new("RGB", (64, 64), "navy").save(tmp_path / "flat.png")
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000, np.float32), 16_000)
    assert hashes.of_picture(tmp_path / "bad") is None
    assert hashes.of_picture(tmp_path / "flat.png") is None
    assert hashes.of_sound(tmp_path / "bad") is None
    assert hashes.of_sound(tmp_path / "silent.wav") is None


@pytest.mark.parametrize("most", [0, 3])
def test_pairs_differ_in_so_many_bits_at_most(most: int) -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 256, (50, 32), dtype=np.uint8)
    rows[7] = rows[3]
    rows[7, 0] ^= 0b111
    found, differ = hashes.pairs(rows, most)
    expected = [[3, 7]] if most == 3 else []
    assert found.tolist() == expected and differ.tolist() == [3] * len(expected)
