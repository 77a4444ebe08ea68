from __future__ import annotations

import io
import logging
import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from backend.media import MediaError, read_media, read_video
from backend.media.container import Track
from backend.media.video import _plan
from backend.settings import Limits
from tests.backend.media import samples

LIMITS = Limits()


def refused(data: bytes, limits: Limits = LIMITS) -> MediaError:
    with pytest.raises(MediaError) as error:
        read_video(data, limits)
    return error.value


def levels(data: bytes, limits: Limits = LIMITS) -> list[int]:
    picture, _ = read_video(data, limits)
    assert picture is not None
    return [int(frame.mean()) for frame in picture.frames]


@pytest.mark.parametrize("form", samples.FILMS)
def test_every_format(form: str) -> None:
    data = samples.FILMS[form]()
    picture, sound = read_video(data, LIMITS)
    assert picture is not None
    assert sound is not None
    assert {frame.shape for frame in picture.frames} == {(48, 64, 3)}
    even = [255 * (2 * part + 1) / 16 for part in range(8)]
    shown = [int(frame.mean()) for frame in picture.frames]
    assert np.abs(np.subtract(shown, even)).max() <= 26  # half a part, and the codec
    assert sound.seconds == pytest.approx(2.0, abs=0.06)
    again, _ = read_video(data, LIMITS)
    assert again is not None
    assert all((a == b).all() for a, b in zip(picture.frames, again.frames, strict=True))


@pytest.mark.parametrize("every", [1, 7, 60])
def test_sampling_whatever_the_key_frames(every: int) -> None:
    data = samples.film("mp4", "libx264", None, 6.0, every=every)
    even = [255 * (2 * part + 1) / 16 for part in range(8)]
    assert np.abs(np.subtract(levels(data), even)).max() <= 12
    assert len(levels(data, Limits(frames=3))) == 3


def test_fewer_frames_than_wanted() -> None:
    assert len(levels(samples.film("mp4", "mpeg4", None, 0.3))) == 3
    assert len(levels(samples.film("webm", "libvpx", None, 0.1))) == 1


def test_key_frames_only_where_decoding_all_would_cost_too_much() -> None:
    data = samples.film("mp4", "libx264", None, 6.0, every=60)
    shown = levels(data, Limits(motion_pixels=64 * 48 * 10))
    assert 0 < len(shown) < 8


def test_plan_takes_key_frames_near_the_middle_of_a_part() -> None:
    film = Track(None, times=list(range(80)), keys=[0, 4, 30, 40], end=80)  # type: ignore[arg-type]
    plan = _plan(film, 100, Limits(frames=4))
    assert plan == [(4, 10), (30, 30), (40, 50), (40, 70)]
    assert _plan(film, 10**9, Limits(frames=4)) == [(4, 4), (30, 30), (40, 40)]


def test_no_sound_and_sound_only() -> None:
    picture, sound = read_video(samples.film("mp4", "mpeg4", None, 1.0), LIMITS)
    assert picture is not None
    assert sound is None
    picture, sound = read_video(samples.film("mp4", None, "aac", 1.0), LIMITS)
    assert picture is None
    assert sound is not None


def test_a_soundtrack_too_short_to_hear_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    data = samples.film("matroska", "mpeg4", "flac", 2.0)
    short = samples.film("matroska", "mpeg4", "flac", 2.0, sound_seconds=0.01)
    assert read_video(data, LIMITS)[1] is not None
    with caplog.at_level(logging.WARNING, "backend.media"):
        picture, sound = read_video(short, LIMITS)
    assert picture is not None
    assert sound is None
    assert "left out" in caplog.text


def test_turned_as_the_phone_was_held() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10, options={"qscale": "2"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        turned = np.rot90(np.asarray(samples.corners(64, 96)))  # to the left
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(turned), "rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 10)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = bytearray(file.getvalue())
    one = 0x10000  # the matrix of the track header: a quarter turn to the right
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, 0, one, 0, -one, 0, 0, 0, 0, 0x40000000)
    picture, _ = read_video(bytes(data), LIMITS)
    assert picture is not None
    assert picture.frames[0].shape == (96, 64, 3)
    shown = samples.corner_colours(picture.frames[0])
    assert np.abs(np.subtract(shown, samples.CORNERS)).max() <= 40


def test_scaled() -> None:
    picture, _ = read_video(samples.film("mp4", "mpeg4", None, 0.3), Limits(image_side=32))
    assert picture is not None
    assert picture.frames[0].shape == (24, 32, 3)


def test_limits() -> None:
    data = samples.FILMS["MP4"]()
    assert refused(data, Limits(image_pixels=1000)).code == "too_many_pixels"
    assert refused(data, Limits(media_seconds=1.0)).code == "too_long"
    assert refused(data, Limits(file_bytes=100)).code == "too_large"


def test_a_header_that_claims_hours() -> None:
    data = bytearray(samples.FILMS["MP4"]())
    at = data.index(b"mvhd")
    (scale,) = struct.unpack_from(">I", data, at + 16)
    struct.pack_into(">I", data, at + 20, scale * 360_000)
    picture, sound = read_video(bytes(data), LIMITS)
    assert picture is not None
    assert len(picture.frames) == 8
    assert sound is not None
    assert sound.duration == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("form", ["WebM VP8", "Matroska"])
def test_of_a_truncated_video_what_is_there_is_taken(form: str) -> None:
    data = samples.FILMS[form]()
    picture, _ = read_video(data[: len(data) * 7 // 10], LIMITS)
    assert picture is not None
    assert picture.frames


@pytest.mark.parametrize("form", ["MP4", "MOV"])
def test_truncated_before_its_index(form: str) -> None:
    data = samples.FILMS[form]()
    assert refused(data[: len(data) // 2]).code == "damaged"


def test_codecs_that_nobody_posts_are_refused() -> None:
    error = refused(samples.film("matroska", "ffv1", None, 0.5))
    assert error.code == "unsupported"
    assert "ffv1" in error.message


def test_not_a_video() -> None:
    assert refused(samples.IMAGES["PNG"]()).code == "not_a_video"
    assert refused(samples.SOUNDS["MP3"]()).code == "not_a_video"


def test_read_media_takes_anything() -> None:
    for make_one in samples.IMAGES.values():
        picture, sound = read_media(make_one(), LIMITS)
        assert picture is not None
        assert sound is None
    for make_one in samples.SOUNDS.values():
        picture, sound = read_media(make_one(), LIMITS)
        assert picture is None
        assert sound is not None
    picture, sound = read_media(samples.FILMS["MOV"](), LIMITS)
    assert picture is not None
    assert sound is not None
