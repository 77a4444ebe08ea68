"""GCompris 3.1: photos by named photographers, instruments and animals with their sounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from assets.build.corpus import pictures, qtresource, sounds, words
from assets.build.corpus.rows import Row, Source
from assets.build.fetch import build_home, unpacked

SOURCE = Source(
    name="gcompris",
    title="GCompris 3.1",
    description="Photos from Wikimedia Commons and elsewhere, instruments, animals and noises "
    "gathered for an educational game; each post names its own author and licence.",
    package="Debian gcompris-qt-data 3.1-2",
    licence="GPL-3.0-or-later",
    licence_name="GNU General Public License, version 3 or later, and the licence of each post",
    url="https://gcompris.net",
    notice="usr/share/doc/gcompris-qt-data/copyright",
)
_LICENCES = {
    "Public Domain": "LicenseRef-public-domain", "CC0-1.0": "CC0-1.0", "CC-BY 2.0": "CC-BY-2.0",
    "CC-BY 3.0": "CC-BY-3.0", "CC-BY-SA 4.0": "CC-BY-SA-4.0", "GPLv3": "GPL-3.0-or-later",
    "GPLv2+": "GPL-2.0-or-later",
}  # fmt: skip
_BOARDS = {
    "explore_farm_animals": "animals",
    "explore_world_animals": "animals",
    "explore_monuments": "monuments",
    "explore_world_music": "music",
}
# Wording of a Commons file name that says nothing about the picture.
_CODE = re.compile(r"\b(?:IMG|DSC\w*|MET|DP\d+|[A-Z]*\d{3,}\w*|[\d.]*\d{3}[\d.]*)\b|\(\d+\)")


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a file, under which licence, and where it came from."""

    author: str
    licence: str
    url: str | None


@cache
def resource(activity: str) -> Path:
    """Folder with the unpacked resource file of one activity."""
    package = unpacked("gcompris-qt-data")
    folder = build_home() / "unpacked" / f"{package.name}-rcc" / activity
    if not folder.exists():
        part = folder.with_name(f"{activity}.part")
        data = (package / f"usr/share/gcompris-qt/rcc/{activity}.rcc").read_bytes()
        for name, body in qtresource.files(data):
            if ".." in name.split("/"):
                raise ValueError(name)
            target = part / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
        part.rename(folder)
    return folder / "gcompris/src/activities" / activity / "resource"


@cache
def credits(activity: str) -> dict[str, Credit]:
    """Author and licence by path, from the README files beside the media."""
    root = resource(activity)
    found = {}
    for readme in sorted(root.rglob("README")):
        for block in re.split(r"(?m)^(?=Copyright:)", readme.read_text("utf-8")):
            parts = dict(re.findall(r"(?m)^(Copyright|License|Source): *(.+)$", block))
            names = block.partition("Files:")[2].split()
            for name in names if {"Copyright", "License"} <= set(parts) else ():
                path = (readme.parent / name).relative_to(root).as_posix()
                found[path] = Credit(
                    words.plain(re.sub(r",? \d{4}$", "", parts["Copyright"])),
                    _LICENCES[parts["License"].strip()],
                    parts.get("Source"),
                )
    return found


def _said(text: str) -> str:
    """A text of a board: at most its first two sentences."""
    text = words.plain(text.replace('\\"', '"').replace("\\n", " "))
    if text.startswith("Click"):  # an instruction of the game
        return ""
    return " ".join(re.split(r"(?<=[.!?]) (?=[A-Z])", text)[:2])


def _row(id: str, original: str, text: str, credit: Credit, licences: set[str], **more: Any) -> Row:
    author = (
        None
        if credit.author.casefold() in ("anonymous", "contributor", "el.wikipedia")
        else credit.author
    )
    return Row(
        id=f"gco-{id}",
        source=SOURCE.name,
        licence=" AND ".join(sorted(licences)),
        original=original,
        text=text,
        language="en",
        url=credit.url or SOURCE.url,
        user=f"gco:{words.slug(author)}" if author else None,
        author=author,
        **more,
    )


def _boards() -> Iterator[Row]:
    """Animals, monuments and music with photo, text and sometimes sound."""
    for activity, category in _BOARDS.items():
        root = resource(activity)
        seen = set()
        for board in sorted(root.rglob("board*.qml")):
            for block in board.read_text("utf-8").split('"image":')[1:]:
                fields = dict(re.findall(r'"(title|text)": qsTr\("((?:[^"\\]|\\.)*)"\)', block))
                photo = re.search(r'"image2": "qrc:/.*?/resource/([^"]+\.webp)"', block)
                heard = re.search(r"/resource/([\w/]+)\.\$CA", block)
                if not photo or not fields.get("title") or photo[1] in seen:
                    continue
                credit = credits(activity).get(photo[1])
                if credit is None:
                    continue
                seen.add(photo[1])
                licences = {credit.licence}
                sound = None
                if heard and (recorded := credits(activity).get(f"{heard[1]}.ogg")):
                    path = root / f"{heard[1]}.ogg"
                    start = max(0.0, min(10.0, sounds.duration(path) - sounds.SECONDS))
                    sound = (path, start if category == "music" else 0.0, sounds.SECONDS)
                    licences.add(recorded.licence)
                title = words.plain(fields["title"])
                text = _said(fields.get("text", ""))
                if words.slug(title) not in words.slug(text):
                    text = f"{title}. {text}".strip()
                folder = photo[1].split("/")[0]
                tags = [category] + ([folder] if category == "monuments" else [])
                yield _row(
                    f"{category}-{words.slug(Path(photo[1]).stem)}",
                    f"{activity}/{photo[1]}",
                    text,
                    credit,
                    licences,
                    title=title,
                    tags=tuple(dict.fromkeys([*tags, title.casefold()])),
                    labels={"category": category, "folder": f"{category}/{folder}"},
                    picture=root / photo[1],
                    sound=sound,
                )


def _caption(name: str, credit: Credit) -> str:
    """What the photographer called the file, with what the game calls it."""
    thing = words.file_words(name).lower()
    thing = {"le musee": "museum", "kutub minar": "Qutub Minar"}.get(thing, thing)
    url = credit.url or ""
    given = unquote(url.rpartition("File:")[2]) if "File:" in url else ""
    given = re.sub(r"\.\w{3,4}$", "", given).replace("_", " ")
    given = re.sub(r"\s*\(.*?\)|\b\d\d-\d\d-\d\d\b", "", _CODE.sub(" ", given))
    given = words.strip_author(words.plain(re.sub(r"(?<=\w{3})\d+$", "", given)), credit.author)
    given = re.sub(r"(?:\s+(?:-?\w|\d+))+$", "", given).strip(" -,.")
    if len([t for t in words.tokens(given) if len(t) > 2]) < 2:
        return words.sentence(thing)
    if set(words.tokens(thing)) & set(words.tokens(given)):
        return words.sentence(given)
    return words.sentence(f"{thing}: {given}")


def _photos() -> Iterator[Row]:
    """Single photos of things, sorted into folders by the game."""
    root = resource("categorization")
    for path in sorted(root.glob("images/*/*.webp")):
        name = path.relative_to(root).as_posix()
        credit = credits("categorization").get(name)
        if credit is None or path.stem == path.parent.name:
            continue
        folder = path.parent.name
        thing = words.file_words(path.stem).lower()
        yield _row(
            f"thing-{words.slug(path.stem)}",
            f"categorization/{name}",
            _caption(path.stem, credit),
            credit,
            {credit.licence},
            title=words.sentence(thing),
            tags=tuple(
                dict.fromkeys(t for t in (folder if folder != "others" else "", thing) if t)
            ),
            labels={"category": folder, "folder": f"things/{folder}"},
            picture=path,
        )


def _instruments() -> Iterator[Row]:
    """Drawings of instruments with their sound."""
    root = resource("instruments")
    for path in sorted(root.glob("*.ogg")):
        drawing = path.with_suffix(".svg")
        # Its licence forbids some uses.
        if not drawing.exists() or path.stem == "drum_kit":
            continue
        picture = pictures.render(drawing.read_bytes())
        name = {"flute_traversiere": "transverse flute"}.get(path.stem, path.stem.replace("_", " "))
        yield _row(
            f"instrument-{words.slug(path.stem)}",
            f"instruments/{path.stem}",
            f"Listen: {'an' if name[0] in 'aeiou' else 'a'} {name}.",
            Credit("anonymous", "GPL-3.0-or-later", None),  # four players, not named by file
            {"GPL-3.0-or-later"},
            title=words.sentence(name),
            tags=("instrument", "music", name),
            labels={"category": "instruments", "folder": "music/instruments"},
            picture=picture,
            sound=(path, 0.0, sounds.SECONDS),
        )


def _noises() -> Iterator[Row]:
    """Recorded noises with a telling name, by the sound collection LaPause."""
    for path in sorted(resource("memory-sound").glob("LR*LA*.ogg")):
        stem = re.sub(r"^LR|_?LA(_?[cC]ut)?$|_short$|_?\d+(?=_|LA|$)", "", path.stem)
        stem = re.sub(r"_?LA_?cut$|_?LA$|_\d+", "", stem)
        name = words.file_words(stem).lower()
        if not name or "pause" in name:
            continue
        yield _row(
            f"noise-{words.slug(path.stem[2:])}",
            f"memory-sound/{path.name}",
            words.sentence(name if not name.startswith("weird") else "weird noise"),
            Credit("Lionel Allorge and Yves Combe", "LAL-1.2", None),
            {"LAL-1.2"},
            title=words.sentence(name),
            tags=("noise", *(w for w in words.tokens(name) if len(w) > 3)),
            labels={"category": "noise"},
            sound=(path, 0.0, sounds.SECONDS),
            group=f"gco-noise-{words.slug(name)}",
        )


def rows() -> list[Row]:
    """Every photo, instrument and noise with a known author and licence."""
    return [*_boards(), *_photos(), *_instruments(), *_noises()]


@lru_cache(maxsize=1)
def word_pictures() -> tuple[tuple[str, Path, list[dict[str, str]]], ...]:
    """Drawings of single words (Art4Apps, CC BY-SA 3.0) with the word in many languages."""
    root = resource("lang")
    languages = {}
    for path in sorted(root.glob("content-*.json")):
        code = path.stem.removeprefix("content-").replace("_", "-").replace("@", "-")
        languages[code] = json.loads(path.read_text("utf-8"))
    found = []
    for picture in sorted(root.glob("words_sample/*.webp")):
        texts = [
            {"lang": code, "text": words.plain(said)}
            for code, table in sorted(languages.items(), key=lambda item: (item[0] != "en", item))
            if (said := table.get(f"{picture.stem}.ogg"))
        ]
        if texts and texts[0]["lang"] == "en":
            found.append((picture.stem, picture, texts))
    return tuple(found)


def notice() -> str:
    """Author and licence of each file that was taken, then the package's copyright file."""
    lines = [f"{r.original}: {r.author or 'anonymous'}, {r.licence}, {r.url}" for r in rows()]
    lines.append(
        "instruments/*: Sylvain Dechy, Jérome blanchard, julie jules, chloé tuvuku (sounds)"
    )
    lines.append("memory-sound/LR*: Lionel Allorge and Yves Combe, Free Art License 1.2")
    lines.append("lang/words_sample/*: Art4Apps project, CC-BY-SA-3.0 (training pairs only)")
    text = (unpacked("gcompris-qt-data") / SOURCE.notice).read_text("utf-8")
    return "\n".join(lines) + "\n\n" + text
