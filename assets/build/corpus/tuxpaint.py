"""Tux Paint stamps 2022.06.04: photos and drawings, captions in many languages, sounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assets.build.corpus import pictures, sounds, words
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import unpacked

SOURCE = Source(
    name="tuxpaint",
    title="Tux Paint stamps 2022.06.04",
    description="Photos and drawings for a children's paint program, captioned in dozens of "
    "languages by its translators, some with the sound the thing makes.",
    package="Debian tuxpaint-stamps-default 2022.06.04-1",
    licence="GPL-2.0-or-later",
    licence_name="GNU General Public License, version 2 or later",
    url="https://tuxpaint.org/stamps/",
    notice="usr/share/doc/tuxpaint-stamps-default/copyright",
)
OUT = ("symbols/alphabets", "symbols/math")
# About a third of the stamps are posted in another language than English, in
# turn: translators wrote these captions, and the corpus should not be English only.
POSTED = ("fr", "es", "de", "it", "pt", "nl", "pl", "ru", "ja", "zh_CN", "ko", "tr", "sv", "el")


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stamp with all that belongs to it."""

    number: int
    name: str
    picture: Path
    captions: dict[str, str]
    sound: Path | None

    @property
    def folders(self) -> list[str]:
        """Folder names from the top."""
        return self.name.split("/")[:-1]


def _captions(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8", errors="replace").splitlines()
    found = {"en": words.plain(lines[0])} if lines else {}
    for line in lines[1:]:
        match = re.match(r"([A-Za-z@_]+)\.utf8=(.*)", line)
        if match and (text := words.plain(match[2])):
            found[match[1]] = text
    return {k: v for k, v in found.items() if v}


@lru_cache(maxsize=1)
def stamps() -> tuple[Stamp, ...]:
    """Every captioned stamp outside letters and maths, in the order of its path."""
    root = unpacked("tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps"
    found = []
    texts = sorted(root.rglob("*.txt"), key=lambda p: p.as_posix())
    for number, path in enumerate(texts):
        name = path.relative_to(root).with_suffix("").as_posix()
        if name.startswith(OUT):
            continue
        picture = next((p for e in (".png", ".svg") if (p := path.with_suffix(e)).exists()), None)
        captions = _captions(path)
        if picture is None or not captions.get("en"):
            continue
        sound = next((p for e in (".ogg", ".wav") if (p := path.with_suffix(e)).exists()), None)
        if sound is not None and sounds.silent(sound):
            sound = None
        found.append(Stamp(number, name, picture, captions, sound))
    return tuple(found)


def image(stamp: Stamp) -> Path | None:
    """The stamp as a raster file."""
    if stamp.picture.suffix == ".png":
        return stamp.picture
    return pictures.render(stamp.picture.read_bytes())


def iso(language: str) -> str:
    """Language tag of a caption as BCP 47: ``zh_CN`` is ``zh-CN``."""
    return language.replace("_", "-").replace("@latin", "-Latn").replace("@valencia", "-valencia")


def rows() -> list[Row]:
    """One post a stamp: image and caption, and the sound where there is one."""
    found = []
    for position, stamp in enumerate(stamps()):
        picture = image(stamp)
        if picture is None:
            continue
        language = "en"
        if position % 3 == 2:
            turn = POSTED[(position // 3) % len(POSTED)]
            if stamp.captions.get(turn, stamp.captions["en"]) != stamp.captions["en"]:
                language = turn
        text = stamp.captions[language]
        tags = [f.replace("_", " ") for f in stamp.folders if f != "symbols"]
        title = words.file_words(stamp.name.rpartition("/")[2], None).lower()
        found.append(
            Row(
                id=f"tux-{stamp.number:04d}",
                source=SOURCE.name,
                licence=SOURCE.licence,
                original=stamp.name,
                text=text,
                title=words.sentence(title) if language == "en" else None,
                tags=tuple(dict.fromkeys(tags)),
                labels={"category": stamp.folders[0], "folder": "/".join(stamp.folders)},
                language=iso(language).split("-")[0],
                url=SOURCE.url,
                picture=picture,
                sound=(stamp.sound, 0.0, sounds.SECONDS) if stamp.sound else None,
            )
        )
    return found


def notice() -> str:
    """The package's own copyright file."""
    return (unpacked("tuxpaint-stamps-default") / SOURCE.notice).read_text("utf-8")
