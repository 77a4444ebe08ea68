"""Hostile bytes end in a `MediaError` or in valid media, never in anything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.media import MediaError, read_audio, read_image, read_media, read_video
from backend.settings import Limits
from tests.backend.media import samples

LIMITS = Limits(image_side=64, frames=3, audio_seconds=1.0, media_seconds=60.0)
FILES = {**samples.IMAGES, **samples.SOUNDS, **samples.ROUGH_SOUNDS, **samples.FILMS}
FILES |= {f"animated {name}": samples.ANIMATIONS[name] for name in ("GIF", "WebP", "APNG")}

quick = settings(
    max_examples=12,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# Headers decide most, so that half of the damage falls on the first bytes.
places = st.one_of(st.integers(0, 300), st.integers(0, 10**6))
damage = st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)


def check(data: bytes) -> None:
    try:
        picture, sound = read_media(data, LIMITS)
    except MediaError as error:
        assert error.code
        assert error.message.endswith(".")
        return
    assert picture is not None or sound is not None
    if picture is not None:
        assert 1 <= len(picture.frames) <= 3
        for frame in picture.frames:
            assert frame.dtype == np.uint8
            assert frame.ndim == 3
            assert frame.shape[2] == 3
            assert 1 <= max(frame.shape[:2]) <= 64
    if sound is not None:
        assert sound.rate == 44_100
        assert 1_323 <= len(sound.samples) <= 44_100
        assert np.isfinite(sound.samples).all()
        assert np.abs(sound.samples).max() <= 1


@pytest.mark.parametrize("form", FILES)
@quick
@given(damage=damage, end=st.floats(0, 1), cut=st.booleans())
def test_mutated_files(form: str, damage: list[tuple[int, int]], end: float, cut: bool) -> None:
    data = bytearray(FILES[form]())
    for place, value in damage:
        data[place % len(data)] = value
    check(bytes(data[: int(len(data) * end)] if cut else data))


STARTS = [FILES[form]()[:32] for form in ("JPEG", "PNG", "WebP", "HEIC", "GIF", "TIFF", "WAV",
          "FLAC", "Ogg Vorbis", "MP3", "M4A", "WebM VP8")]  # fmt: skip


@settings(max_examples=150, derandomize=True)
@given(start=st.sampled_from([b"", *STARTS]), rest=st.binary(max_size=600))
def test_random_bytes(start: bytes, rest: bytes) -> None:
    check(start + rest)
    for read in (read_image, read_audio, read_video):
        try:
            read(start + rest, LIMITS)
        except MediaError:
            continue
