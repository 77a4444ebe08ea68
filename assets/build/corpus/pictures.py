"""Render drawings and write images: the same bytes on every run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from assets.build.fetch import build_home

SIDE = 256
WORKERS = int(os.environ.get("KINDRED_BUILD_WORKERS", "2"))


def render(svg: bytes, side: int = SIDE) -> Path | None:
    """Render an SVG on white, fitted into ``side`` x ``side`` pixels.

    Returns
    -------
    Path or None
        A PNG in the build cache, or None when librsvg refuses the drawing.
    """
    key = hashlib.sha256(svg).hexdigest()
    target = build_home() / "renders" / key[:2] / f"{key}-{side}.png"
    if target.exists():
        return target if target.stat().st_size else None
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["rsvg-convert", "-a", "-w", str(side), "-h", str(side), "-b", "white", "-f", "png"]
    try:
        done = subprocess.run(command, input=svg, capture_output=True, timeout=60)
        data = done.stdout if done.returncode == 0 else b""
    except subprocess.TimeoutExpired:
        data = b""
    part = target.with_suffix(f".{threading.get_ident()}.part")
    part.write_bytes(data)
    part.replace(target)
    return target if data else None


def render_all(svgs: Iterable[bytes], side: int = SIDE) -> list[Path | None]:
    """`render` for many drawings, a few at a time, in order."""
    with ThreadPoolExecutor(WORKERS) as pool:
        results = []
        for i, path in enumerate(pool.map(lambda svg: render(svg, side), svgs), 1):
            results.append(path)
            if i % 500 == 0:
                print(f"  {i} drawings rendered", file=sys.stderr)
        return results


def load(path: Path) -> Image.Image:
    """Open an image as RGB on white."""
    with Image.open(path) as image:
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            rgba = image.convert("RGBA")
            canvas = Image.new("RGBA", rgba.size, "white")
            canvas.alpha_composite(rgba)
            return canvas.convert("RGB")
        return image.convert("RGB")


def trimmed(path: Path, margin: float = 0.04, least: float = 0.002) -> Path | None:
    """Cut the white page around a drawing, leaving a small margin.

    Many drawings sit in a corner of an empty page; scaled down with it,
    nothing would be left to see.

    Returns
    -------
    Path or None
        A PNG beside `path`, or None when less than the share `least` of the
        page is visibly not white.
    """
    target = path.with_name(f"{path.stem}-trimmed.png")
    if target.exists():
        return target if target.stat().st_size else None
    image = load(path)
    darkest = np.asarray(image).min(axis=2)
    part = target.with_suffix(f".{threading.get_ident()}.part")
    if (darkest < 240).mean() < least:
        part.touch()
    else:
        drawn = darkest < 250
        rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
        edge = round(margin * max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1)
        image = image.crop(
            (
                max(int(columns[0]) - edge, 0),
                max(int(rows[0]) - edge, 0),
                min(int(columns[-1]) + edge + 1, image.width),
                min(int(rows[-1]) + edge + 1, image.height),
            )
        )
        image.save(part, "PNG", compress_level=1)
    part.replace(target)
    return target if target.stat().st_size else None


def webp(path: Path, side: int = SIDE, quality: int = 82) -> bytes:
    """Encode an image file as WebP, at most ``side`` pixels on the longer side."""
    image = load(path)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.save(out, "WEBP", quality=quality, method=6)
    return out.getvalue()
