"""Still and animated images to upright RGB frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from backend.domain import Picture
from backend.media.bombs import FRAME_PIXELS, check_jpeg
from backend.media.errors import MediaError, decoding
from backend.media.sniff import JPEG, Family, Format
from backend.media.source import load_sniffed
from backend.settings import Limits

# An embedded thumbnail may differ from the image: never use it.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

# Formats whose further images are frames in time. In the others they are pages,
# sizes or depth maps: only the first one is read.
_ANIMATED = {"GIF", "WEBP", "PNG", "AVIF"}

_ORIENTATION = 0x0112
_EXIF_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# JPEG decodes directly at 1/2, 1/4 or 1/8 of its size; keep at least this multiple of
# the target size for resampling. A 12-megapixel photo takes 0.1 s instead of 0.25.
_DRAFT = 1.5


def read_image(source: Path | bytes, limits: Limits | None = None) -> Picture:
    """Decode an image: JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP, TIFF or JPEG 2000.

    The image is turned upright by its EXIF orientation, composited on white,
    converted to RGB and scaled down so that its longer side is at most
    ``limits.image_side``. Of an animation at most ``limits.frames`` frames are
    taken, evenly spread.

    Parameters
    ----------
    source : pathlib.Path or bytes
    limits : Limits, optional
        Default: those of the settings.

    Returns
    -------
    Picture
        Frames ``(height, width, 3)`` uint8, at least one. The same bytes give
        the same frames.

    Raises
    ------
    MediaError
        ``not_an_image``, ``unsupported``, ``too_many_pixels``,
        ``too_many_frames``, ``damaged``, and those of reading the source.
    """
    data, file_format, limits = load_sniffed(source, limits)
    if file_format.family is not Family.IMAGE:
        kind = "sound" if file_format.family is Family.SOUND else "video or sound"
        raise MediaError(
            "not_an_image", f"This is a {kind} file ({file_format.name}); choose an image instead."
        )
    return decode_image(data, file_format, limits)


def decode_image(data: bytes, file_format: Format, limits: Limits) -> Picture:
    """Decode bytes that were sniffed as an image; see `read_image`."""
    if file_format is JPEG:
        check_jpeg(data)
    with opened(data, file_format, limits) as image:
        return Picture(tuple(_frames(image, _sample(image, limits), limits)))


@contextmanager
def opened(data: bytes, file_format: Format, limits: Limits) -> Iterator[Image.Image]:
    """Open an image with the decoder of its format, unless its header shows too many pixels."""
    with decoding("image"):
        try:
            with Image.open(BytesIO(data), formats=[file_format.decoder]) as image:
                _check_pixels(image.size, limits)
                yield image
        # Pillow's own limit is global to the process, so it stays as it is; where
        # it is stricter than ours, report the same error.
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels(None, limits) from error


def _too_many_pixels(size: tuple[int, int] | None, limits: Limits) -> MediaError:
    shown = "too many pixels" if size is None else f"{size[0]} x {size[1]} pixels"
    return MediaError(
        "too_many_pixels",
        f"The image has {shown} and the limit is {limits.image_pixels / 1e6:.3g} million;"
        " scale it down.",
    )


def _check_pixels(size: tuple[int, int], limits: Limits) -> None:
    if size[0] * size[1] > limits.image_pixels:
        raise _too_many_pixels(size, limits)


def spread(count: int, wanted: int) -> list[int]:
    """Return the middles of `wanted` equal parts of ``range(count)``.

    Examples
    --------
    >>> spread(100, 4), spread(3, 8)
    ([12, 37, 62, 87], [0, 1, 2])
    """
    if count <= wanted:
        return list(range(count))
    return [(2 * part + 1) * count // (2 * wanted) for part in range(wanted)]


def _sample(image: Image.Image, limits: Limits) -> list[int]:
    """Return the indices of the frames to decode; ``[]`` for a still, which needs no seeking."""
    if image.format not in _ANIMATED:
        return []
    count = getattr(image, "n_frames", 1)
    if count <= 1:
        return []
    # An animated PNG may carry one image for viewers that cannot animate.
    skip = int(getattr(image, "default_image", False))
    indexes = [skip + index for index in spread(count - skip, limits.frames)]
    # Each frame depends on those before it, so all up to the last one are decoded.
    pixels = max(FRAME_PIXELS, image.width * image.height)
    if (indexes[-1] + 1) * pixels > limits.motion_pixels:
        raise MediaError(
            "too_many_frames",
            f"The animation has {count} frames of {image.width} x {image.height} pixels and the"
            f" limit is {limits.motion_pixels / 1e6:.4g} million pixels in all; shorten it or"
            " scale it down.",
        )
    return indexes


def _frames(image: Image.Image, indexes: list[int], limits: Limits) -> Iterator[np.ndarray]:
    if not indexes:
        yield _render(image, limits.image_side)
    for index in indexes:
        image.seek(index)
        _check_pixels(image.size, limits)  # a GIF frame may enlarge the canvas
        yield _render(image, limits.image_side)


def _render(image: Image.Image, side: int) -> np.ndarray:
    """Decode the current frame: scaled, RGB, upright."""
    scale = side / max(image.size)
    if scale < 1:
        width, height = (max(1, round(length * scale * _DRAFT)) for length in image.size)
        image.draft(None, (width, height))  # JPEG only; elsewhere it does nothing
    image.load()
    frame = _rgb(image)
    scale = side / max(frame.size)
    if scale < 1:
        width, height = (max(1, round(length * scale)) for length in frame.size)
        frame = frame.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    turn = _EXIF_TRANSPOSES.get(_orientation(image))
    if turn is not None:
        frame = frame.transpose(turn)
    return np.array(frame, dtype=np.uint8)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation after loading: Pillow turns TIFF and HEIC while loading."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF raises almost anything, and must not cost the picture
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _deep_grey(image)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        white = Image.new("RGB", clear.size, "white")
        white.paste(clear, mask=clear.getchannel("A"))
        return white
    return image if image.mode == "RGB" else image.convert("RGB")


def _deep_grey(image: Image.Image) -> Image.Image:
    """Scale grey of more than 8 bits to 8; Pillow would clip it."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        grey = (values >> 8).astype(np.uint8)
    else:
        # 32-bit and float images have no agreed white: stretch to the range of their values.
        # In place: a copy of the largest image takes 200 MB.
        stretched = np.array(values, dtype=np.float32)
        np.nan_to_num(stretched, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(stretched.min()), float(stretched.max())
        stretched -= low
        stretched *= 255.0 / max(high - low, 1e-9)
        grey = stretched.astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")
