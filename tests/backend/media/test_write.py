from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.domain import Picture, Sound
from backend.media import (
    read_audio,
    read_image,
    still,
    thumbnail,
    wav_bytes,
    write_flac,
    write_jpeg,
    write_ogg,
    write_webp,
)
from backend.settings import Limits
from tests.backend.media import samples

LIMITS = Limits()
PICTURE = Picture((np.asarray(samples.corners(640, 400)),))
SOUND = Sound(samples.chirp(1.5), 44_100, duration=1.5)


def test_webp(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    write_webp(PICTURE, path)
    assert path.read_bytes() == thumbnail(PICTURE)
    (frame,) = read_image(path, LIMITS).frames
    assert frame.shape == (160, 256, 3)
    assert np.abs(np.subtract(samples.corner_colours(frame), samples.CORNERS)).max() <= 16
    assert Image.open(io.BytesIO(thumbnail(PICTURE, side=64))).size == (64, 40)
    small = Picture((np.zeros((3, 5, 3), np.uint8),))
    assert Image.open(io.BytesIO(thumbnail(small))).size == (5, 3)


def test_jpeg(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jpg", tmp_path / "b.jpg"
    for path in (first, second):
        write_jpeg(PICTURE, path)
    assert first.read_bytes() == second.read_bytes()
    (frame,) = read_image(first, LIMITS).frames
    assert frame.shape == (320, 512, 3)
    assert np.abs(np.subtract(samples.corner_colours(frame), samples.CORNERS)).max() <= 16
    small = Picture((np.zeros((3, 5, 3), np.uint8),))
    write_jpeg(small, first)
    with Image.open(first) as back:
        assert back.format == "JPEG" and back.size == (5, 3) and not back.getexif()


def test_the_still_of_an_animation_is_its_middle() -> None:
    frames = tuple(np.full((4, 4, 3), level, np.uint8) for level in range(8))
    assert still(Picture(frames))[0, 0, 0] == 4


@pytest.mark.parametrize(("write", "error"), [(write_flac, 4e-5), (write_ogg, 0.1)])
def test_sound(write: object, error: float, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for path in (first, second):
        write(SOUND, path)  # type: ignore[operator]
    assert first.read_bytes() == second.read_bytes()
    back = read_audio(first, LIMITS)
    assert len(back.samples) == pytest.approx(len(SOUND.samples), abs=50)
    length = min(len(back.samples), len(SOUND.samples))
    assert np.abs(back.samples[:length] - SOUND.samples[:length])[500:-3000].max() <= error
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]  # no parts left


def test_threads_that_write_the_same_sound_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write_ogg(SOUND, path), range(64)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.ogg"]


def test_ogg_from_any_rate(tmp_path: Path) -> None:
    for rate in (8_000, 22_050, 48_000):
        write_ogg(Sound(samples.chirp(0.5, rate), rate), tmp_path / "a.ogg")
        assert read_audio(tmp_path / "a.ogg", LIMITS).seconds == pytest.approx(0.5, abs=0.01)


def test_wav() -> None:
    back = read_audio(wav_bytes(SOUND), LIMITS)
    assert np.abs(back.samples - SOUND.samples).max() <= 4e-5


def test_a_failed_write_leaves_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_webp(PICTURE, path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.webp"]
    with pytest.raises(FileNotFoundError):
        write_webp(PICTURE, tmp_path / "nowhere" / "a.webp")
