"""Write what posts show and what is said in them."""

from __future__ import annotations

import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from assets.build.corpus import sounds
from assets.build.larkhaven import drawings, planted
from assets.build.larkhaven.plan import Planned

SIDE = 384  # pixels
SPEED = "155"  # words a minute
_BITRATES = (48_000, 24_000, 32_000)


def write(post: Planned, id_: str, folder: Path) -> tuple[str | None, str | None]:
    """Write the picture and the sound of a post; return their names."""
    image = audio = None
    if post.picture or post.motif:
        made, quality = (
            planted.picture(post) if post.picture else (drawings.draw(post.motif, post.seed), 82)
        )
        image = f"{id_}.webp"
        (folder / image).write_bytes(_webp(made, quality))
    if post.voice:
        audio = f"{id_}.ogg"
        (folder / audio).write_bytes(_voice(post.voice))
    return image, audio


def _webp(image: Image.Image, quality: int) -> bytes:
    image = image.copy()
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.save(out, "WEBP", quality=quality, method=6)
    return out.getvalue()


def _voice(name: str) -> bytes:
    """Speak a voice note of ``planted.toml``; copies of one are softer and encoded again."""
    stem, _, number = name.rpartition("-")
    family = next((f for f in planted.PLANTED["family"] if f["name"] == stem), None)
    copy = int(number) if family else 0
    note = family or planted.PLANTED["voice"][int(number)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.wav"
        command = ["espeak-ng", "-v", note["voice"], "-s", SPEED, "-w", str(file), note["said"]]
        subprocess.run(command, check=True)
        samples = sounds.read(file)
    samples = (samples * np.float32(1 - 0.08 * copy)).astype(np.float32)
    return sounds.opus(samples[copy * 400 :], _BITRATES[copy % len(_BITRATES)])
