from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from backend.media import MediaError, image, read_image
from backend.media.bombs import JPEG_EXIF, JPEG_SCANS, check_jpeg
from backend.media.image import spread
from backend.settings import Limits
from tests.backend.media import samples

LIMITS = Limits()


def refused(data: bytes, limits: Limits = LIMITS) -> MediaError:
    with pytest.raises(MediaError) as error:
        read_image(data, limits)
    return error.value


@pytest.mark.parametrize("form", samples.IMAGES)
def test_every_format(form: str) -> None:
    picture = read_image(samples.IMAGES[form](), LIMITS)
    (frame,) = picture.frames
    assert frame.shape == (32, 48, 3)
    assert frame.dtype == np.uint8
    assert np.abs(np.subtract(samples.corner_colours(frame), samples.CORNERS)).max() <= 12


def turned(orientation: int) -> Image.Image:
    """What a camera stores so that, with this orientation, `corners` is seen."""
    for inverse in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = inverse
        stored = samples.image("PNG", exif=exif)
        candidate = ImageOps.exif_transpose(Image.open(BytesIO(stored)))
        exif[0x0112] = orientation
        again = samples.image("PNG", candidate, exif=exif)
        if (
            ImageOps.exif_transpose(Image.open(BytesIO(again))).tobytes()
            == samples.corners().tobytes()
        ):
            return candidate
    raise AssertionError


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_orientation(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    (frame,) = read_image(
        samples.image(form, turned(orientation), exif=exif.tobytes()), LIMITS
    ).frames
    assert frame.shape == (32, 48, 3)
    assert np.abs(np.subtract(samples.corner_colours(frame), samples.CORNERS)).max() <= 45


def test_orientation_of_a_scaled_photo() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = samples.image("JPEG", turned(6).resize((1600, 2400)), exif=exif)
    (frame,) = read_image(data, LIMITS).frames
    assert frame.shape == (683, 1024, 3)
    assert np.abs(np.subtract(samples.corner_colours(frame), samples.CORNERS)).max() <= 12


def test_damaged_exif_is_no_reason_to_refuse() -> None:
    data = samples.image("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xee" * 40)
    assert read_image(data, LIMITS).frames[0].shape == (32, 48, 3)


def test_alpha_lies_on_white() -> None:
    half = Image.new("RGBA", (4, 4), (200, 0, 0, 128))
    for form in ("PNG", "WEBP", "TIFF"):
        options = {"lossless": True} if form == "WEBP" else {}
        (frame,) = read_image(samples.image(form, half, **options), LIMITS).frames
        assert np.abs(frame[0, 0].astype(int) - (227, 127, 127)).max() <= 1
    grey = Image.new("LA", (4, 4), (0, 0))
    assert (read_image(samples.image("PNG", grey), LIMITS).frames[0] == 255).all()


def test_transparent_palette_and_key_colour_lie_on_white() -> None:
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 9, 9, 9])
    key = Image.new("RGB", (4, 4), (1, 2, 3))
    for data in (
        samples.image("PNG", palette, transparency=1),
        samples.image("PNG", palette, transparency=b"\xff\x00"),
        samples.image("GIF", palette, transparency=1),
        samples.image("PNG", key, transparency=(1, 2, 3)),
    ):
        assert (read_image(data, LIMITS).frames[0] == 255).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_colour_modes(mode: str) -> None:
    data = samples.image("TIFF", Image.new("RGB", (4, 4), "white").convert(mode))
    assert (read_image(data, LIMITS).frames[0] >= 254).all()


def test_cmyk_jpeg() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    (frame,) = read_image(samples.image("JPEG", red, quality=95), LIMITS).frames
    assert np.abs(frame[8, 8].astype(int) - (255, 0, 0)).max() <= 6


def test_deep_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    for form in ("PNG", "TIFF"):
        (frame,) = read_image(samples.image(form, Image.fromarray(ramp)), LIMITS).frames
        assert (frame[..., 0] == ramp >> 8).all()
    float_ramp = ramp.astype(np.float32) / 7
    float_ramp[0, 0] = np.nan
    (frame,) = read_image(samples.image("TIFF", Image.fromarray(float_ramp)), LIMITS).frames
    assert frame.max() == 255
    assert abs(int(frame[4, 4, 1]) - int(ramp[4, 4] >> 8)) <= 2


def test_scaled_to_the_longer_side() -> None:
    data = samples.image("PNG", samples.corners(3000, 1500))
    (frame,) = read_image(data, LIMITS).frames
    assert frame.shape == (512, 1024, 3)
    assert np.abs(np.subtract(samples.corner_colours(frame), samples.CORNERS)).max() <= 1
    assert read_image(data, Limits(image_side=10)).frames[0].shape == (5, 10, 3)
    thin = samples.image("PNG", Image.new("RGB", (9000, 2)))
    assert read_image(thin, LIMITS).frames[0].shape == (1, 1024, 3)


def test_a_large_jpeg_is_not_decoded_in_full() -> None:
    with Image.open(BytesIO(samples.image("JPEG", samples.corners(4000, 3000)))) as photo:
        assert image._render(photo, 1024).shape == (768, 1024, 3)
        assert photo.size == (2000, 1500)


@pytest.mark.parametrize("form", samples.ANIMATIONS)
def test_animation_is_sampled_evenly(form: str) -> None:
    data = samples.ANIMATIONS[form]()
    picture = read_image(data, LIMITS)
    levels = [int(frame.mean()) for frame in picture.frames]
    expected = [12 * index for index in spread(20, 8)]
    assert np.abs(np.subtract(levels, expected)).max() <= 3
    again = read_image(data, LIMITS)
    assert all((a == b).all() for a, b in zip(picture.frames, again.frames, strict=True))
    assert len(read_image(data, Limits(frames=1)).frames) == 1
    assert len(read_image(data, Limits(frames=100)).frames) == 20


def test_image_for_viewers_that_cannot_animate_is_skipped() -> None:
    frames = [Image.new("RGB", (8, 8), (level,) * 3) for level in (10, 20)]
    data = samples.image(
        "PNG",
        Image.new("RGB", (8, 8), "red"),
        save_all=True,
        append_images=frames,
        default_image=True,
    )
    assert [int(f.mean()) for f in read_image(data, LIMITS).frames] == [10, 20]


def test_pages_are_not_frames() -> None:
    pages = [Image.new("RGB", (8, 8), c) for c in ("red", "blue")]
    data = samples.image("TIFF", pages[0], save_all=True, append_images=pages[1:])
    assert len(read_image(data, LIMITS).frames) == 1


def test_too_many_pixels_is_seen_in_the_header() -> None:
    for side in (8_000, 12_000, 30_000, 2**30):  # the larger ones trip Pillow's own guard too
        error = refused(samples.png_header(side, side))
        assert error.code == "too_many_pixels", side
        assert "50 million" in error.message


@pytest.mark.parametrize("form", ["BMP", "GIF", "JPEG", "TIFF", "WEBP"])
def test_forged_sizes(form: str) -> None:
    data = bytearray(samples.image(form))
    width, height = 48, 32
    if form == "BMP":
        struct.pack_into("<ii", data, 18, 60_000, 60_000)
    elif form == "GIF":
        struct.pack_into("<HH", data, 6, 60_000, 60_000)
    elif form == "WEBP":
        struct.pack_into("<HH", data, 26, 16_000, 16_000)
    elif form == "JPEG":
        at = data.index(struct.pack(">HH", height, width))
        struct.pack_into(">HH", data, at, 60_000, 60_000)
    else:
        for tag in (256, 257):
            at = data.index(struct.pack("<H", tag), int.from_bytes(data[4:8], "little"))
            struct.pack_into("<HHII", data, at, tag, 4, 1, 60_000)
    assert refused(bytes(data)).code in {"too_many_pixels", "damaged"}


def test_gif_frame_that_enlarges_the_canvas() -> None:
    data = bytearray(samples.animation("GIF", 3))
    at = data.index(b",", data.index(b",") + 30)  # the second frame's position and size
    struct.pack_into("<HHHH", data, at + 1, 0, 0, 60_000, 60_000)
    assert refused(bytes(data)).code in {"too_many_pixels", "damaged"}


def test_too_many_frames() -> None:
    error = refused(samples.animation("GIF"), Limits(motion_pixels=1_000_000))
    assert error.code == "too_many_frames"
    assert "20 frames of 24 x 16" in error.message
    many = bytearray(samples.animation("GIF", 2))
    second = bytes(many[many.rindex(b"!\xf9") : -1])
    assert refused(bytes(many[:-1] + second * 20_000 + b";")).code == "too_many_frames"


def test_jpeg_with_a_megabyte_of_filling() -> None:
    """Before a marker there may be any number of FF; looking for it takes linear time."""
    plain = samples.image("JPEG")
    filled = plain[:-2] + b"\xff" * 2**20 + b"\0" + plain[-2:]  # else it would take hours
    assert read_image(filled, LIMITS).frames[0].shape == read_image(plain, LIMITS).frames[0].shape
    scan = b"\xff" * 5 + b"\xda\0\2"
    with pytest.raises(MediaError):
        check_jpeg(b"\xff\xd8" + scan * (JPEG_SCANS + 1))
    check_jpeg(b"\xff\xd8" + scan * JPEG_SCANS)


def test_jpeg_with_endless_scans() -> None:
    data = samples.image("JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    bomb = data[:-2] + data[last:-2] * 200 + data[-2:]
    assert "scans" in refused(bomb).message
    assert read_image(data + b"\xff\xda\0\x08" * 500, LIMITS)  # after its end anything may follow


def test_jpeg_with_endless_exif() -> None:
    piece = b"\xff\xe1\0\x20Exif\0\0" + bytes(24)
    data = samples.image("JPEG")
    assert "EXIF" in refused(data[:2] + piece * (JPEG_EXIF + 1) + data[2:]).message
    assert read_image(data[:2] + piece * JPEG_EXIF + data[2:], LIMITS)
    other = b"\xff\xe1\0\x20http:/" + bytes(24)  # XMP comes in pieces
    assert read_image(data[:2] + other * 200 + data[2:], LIMITS)


@pytest.mark.parametrize("form", samples.IMAGES)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_truncated(form: str, share: float) -> None:
    data = samples.IMAGES[form]()
    assert refused(data[: int(len(data) * share)]).code in {"damaged", "unsupported"}


def test_not_an_image() -> None:
    assert refused(samples.SOUNDS["WAV"]()).code == "not_an_image"
    assert refused(samples.FILMS["MP4"]()).code == "not_an_image"


def test_threads_give_the_same_and_leave_pillow_alone() -> None:
    guard = Image.MAX_IMAGE_PIXELS
    files = [
        samples.ANIMATIONS["GIF"](),
        samples.IMAGES["HEIC"](),
        samples.png_header(30_000, 30_000),
    ] * 6

    def decode(data: bytes) -> bytes:
        try:
            return b"".join(f.tobytes() for f in read_image(data, LIMITS).frames)
        except MediaError as error:
            return error.code.encode()

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(decode, files))
    assert results == [decode(data) for data in files]
    assert guard == Image.MAX_IMAGE_PIXELS
