"""Images and sounds in formats for the browser, converted once."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from app.data.session import workspace
from backend.domain import Picture, Sound
from backend.media import still as still_of

TILE = (320, 240)
WHITE = 240  # of each colour, from which a pixel counts as white


def _webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=82, method=2)
    return buffer.getvalue()


@st.cache_data(max_entries=4000, show_spinner=False)
def tile(path: str, size: tuple[int, int] = TILE) -> bytes:
    """Put an image of the corpus on a tile; all tiles have one size.

    What is left of the tile shows the image again, blurred, which fits light and dark pages. A
    drawing on transparent or white ground gets a white tile.

    Parameters
    ----------
    path : str
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    bytes
        WebP.
    """
    with Image.open(Path(path)) as source:
        image = source.convert("RGBA")
    if _is_drawing(np.asarray(image)):
        sheet, pad = Image.new("RGB", size, "white"), 12
    else:
        few = ImageOps.fit(image.convert("RGB"), (size[0] // 10, size[1] // 10))
        blurred = few.filter(ImageFilter.GaussianBlur(3))
        sheet, pad = blurred.resize(size, Image.Resampling.BICUBIC), 0
    image.thumbnail((size[0] - 2 * pad, size[1] - 2 * pad), Image.Resampling.LANCZOS)
    corner = ((size[0] - image.width) // 2, (size[1] - image.height) // 2)
    sheet.paste(image, corner, image)
    return _webp(sheet)


def _is_drawing(pixels: np.ndarray) -> bool:
    """Whether an image has transparent parts, or a white edge."""
    if (pixels[..., 3] < 255).any():
        return True
    edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    return bool((np.concatenate(edges)[:, :3].min(axis=1) > WHITE).mean() > 0.5)


@st.cache_data(max_entries=50, show_spinner=False)
def still(key: str) -> bytes | None:
    """Return the first frame of an upload as WebP; None if it has no image."""
    picture = workspace().upload(key).image
    return None if picture is None else _webp(Image.fromarray(still_of(picture)))


@st.cache_data(max_entries=20, show_spinner=False)
def wav(key: str) -> bytes | None:
    """Return the analysed part of an upload's sound as WAV; None if it has no sound."""
    sound = workspace().upload(key).audio
    return None if sound is None else as_wav(sound)


def as_wav(sound: Sound) -> bytes:
    """Write a sound as 16-bit PCM."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes((np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def outline(
    frame: np.ndarray,
    boxes: Sequence[tuple[float, ...]],
    colour: str,
    tinted: Sequence[tuple[tuple[float, ...], float]] = (),
) -> Image.Image:
    """Outline boxes on a frame, and tint others.

    Parameters
    ----------
    frame : numpy.ndarray
        ``(height, width, 3)`` uint8.
    boxes : sequence of tuple of float
        Left, top, right, bottom in shares of width and height.
    colour : str
        ``#rrggbb``.
    tinted : sequence of (box, share)
        How strongly, 0 to 1.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    base = Image.fromarray(frame).convert("RGB")
    base.thumbnail((640, 640))
    width, height = base.size
    for (left, top, right, bottom), share in tinted:
        area = (
            round(left * width),
            round(top * height),
            round(right * width),
            round(bottom * height),
        )
        if area[0] < area[2] and area[1] < area[3]:
            part = base.crop(area)
            base.paste(Image.blend(part, Image.new("RGB", part.size, colour), 0.6 * share), area)
    draw = ImageDraw.Draw(base)
    for left, top, right, bottom in boxes:
        corners = (left * width, top * height, right * width, bottom * height)
        draw.rectangle(corners, outline="white", width=4)  # visible on any ground
        draw.rectangle(corners, outline=colour, width=2)
    return base


def tint_regions(
    picture: Picture, cells: list[tuple[tuple[float, ...], float]], colour: str
) -> Image.Image:
    """Tint the regions of a picture by their weight.

    Regions with a positive weight take the colour, those with a negative one are greyed.

    Parameters
    ----------
    picture : Picture
    cells : list of (box, weight)
        Boxes as left, top, right, bottom in shares of width and height.
    colour : str
        ``#rrggbb`` of the target.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    base = Image.fromarray(still_of(picture)).convert("RGB")
    base.thumbnail((640, 640))
    width, height = base.size
    field = np.zeros((height, width), dtype=np.float32)
    for (left, top, right, bottom), weight in cells:
        rows = slice(int(top * height), max(int(bottom * height), int(top * height) + 1))
        columns = slice(int(left * width), max(int(right * width), int(left * width) + 1))
        field[rows, columns] += weight
    peak = max(float(np.abs(field).max()), 0.05)  # small weights, weak tint
    # Soft borders: the grid is of the network, not of the picture.
    soft = Image.fromarray(field / peak).resize((width // 16 or 1, height // 16 or 1))
    field = np.asarray(soft.resize((width, height), Image.Resampling.BICUBIC))
    rgb = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    paint = np.where(field[..., None] >= 0, np.array(rgb), np.array((110, 110, 110)))
    # Grey the picture a little, so that the tint stands out.
    pixels = np.asarray(base, dtype=np.float32)
    grey = pixels.mean(axis=2, keepdims=True)
    alpha = (0.62 * np.clip(np.abs(field), 0, 1) ** 0.8)[..., None]
    calm = 0.55 * pixels + 0.45 * grey
    return Image.fromarray(np.clip(calm * (1 - alpha) + paint * alpha, 0, 255).astype(np.uint8))
