"""JTAV's own data in small: images, songs, captions, lyrics and moods of ShutterSong's layout."""

from __future__ import annotations

import shutil
from pathlib import Path

from backend.settings import ASSETS

MEDIA = ASSETS / "corpus" / "media"
PARTS = ("images", "songs", "captions", "lyrics")


def shuttersong(folder: Path, posts: int = 40) -> Path:
    """Posts of two moods, twenty songs, two drawings and two sounds."""
    pictures = sorted((MEDIA / "openclipart").glob("*.webp"))[:2]
    sounds = sorted((MEDIA / "sonic-pi").glob("pi-bd-*.ogg"))[:2]
    for part in PARTS:
        (folder / part).mkdir(parents=True)
    moods = []
    for i in range(posts):
        good, stem = i % 2 == 0, f"{i:03d}"
        shutil.copyfile(pictures[i % 2], folder / "images" / f"{stem}.webp")
        shutil.copyfile(sounds[i % 2], folder / "songs" / f"{stem}{sounds[i % 2].suffix}")
        song = "dance with me tonight" if good else "tears fall in the rain"
        (folder / "lyrics" / f"{stem}.txt").write_text(f"{song} {i // 2 % 10}\nand a second line")
        said = "what a lovely day" if good else "everything is grey"
        (folder / "captions" / f"{stem}.txt").write_text(f"{said} {i}")
        moods.append(f"{stem},{'happy' if good else 'sad'}")
    (folder / "moods.csv").write_text("\n".join([*moods, "999,purple"]))
    return folder
