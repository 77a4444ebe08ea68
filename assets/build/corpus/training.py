"""Further image-text pairs for the joint space; none of them is shown as a post."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa

from assets.build.corpus import emojisets, files, gcompris, openclipart, openmoji, pictures
from assets.build.corpus.assemble import notice
from assets.build.corpus.rows import Row
from backend.settings import ASSETS

TRAINING = ASSETS / "training"
SIDE = 128
PARTS = ("pairs.parquet", "images", "LICENCES", "README.md")
TEXT = pa.struct([("lang", pa.string()), ("text", pa.string())])
PAIRS = pa.schema(
    [
        ("id", pa.string()),
        ("image", pa.string()),
        ("texts", pa.list_(TEXT)),
        ("tags", pa.list_(pa.string())),
        ("hexcode", pa.string()),
        ("group", pa.string()),
        ("author", pa.string()),
        ("style", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
    ]
)


def _pair(row: Row, folder: str) -> tuple[dict, Path]:
    assert row.picture is not None
    return {
        "id": row.id,
        "image": f"{folder}/{row.id}.webp",
        "texts": [{"lang": row.language, "text": row.text}],
        "tags": list(row.tags),
        "hexcode": None,
        "group": row.group or row.id,
        "author": row.user,
        "style": "openclipart",
        "source": row.source,
        "licence": row.licence,
    }, row.picture


def _clip_art(spare: list[Row], posted: list[Row]) -> list[tuple[dict, Path]]:
    """One drawing a group and text: copies of posts and of each other add nothing."""
    seen = {(r.group, (r.text or "").casefold()) for r in posted}
    found = []
    for row in spare:
        key = (row.group, (row.text or "").casefold())
        if key not in seen:
            seen.add(key)
            found.append(_pair(row, "openclipart"))
    return found


def _emoji_pair(
    id: str, style: str, emoji: str, source: str, licence: str, author: str | None = None
) -> dict:
    entry = emojisets.names("en").get(openmoji.bare(emoji), {})
    return {
        "id": id,
        "image": f"{style}/{id}.webp",
        "texts": emojisets.variants(emoji),
        "tags": list(entry.get("tags", []))[:14],
        "hexcode": openmoji.hexkey(emoji),
        "group": f"emoji-{openmoji.hexkey(emoji)}",
        "author": author,
        "style": style,
        "source": source,
        "licence": licence,
    }


def _openmoji(posted: list[Row]) -> list[tuple[dict, Path]]:
    """OpenMoji that are no post."""
    used = {r.id for r in posted}
    rest = [
        e
        for e in openmoji.table()
        if f"moji-{e['hexcode']}" not in used and "brand" not in e["subgroups"]
    ]
    drawn = pictures.render_all(openmoji.svg_path(e).read_bytes() for e in rest)
    found = []
    for order, (entry, picture) in enumerate(zip(rest, drawn, strict=True)):
        if picture is None:
            continue
        row = openmoji.row(entry, order, picture)
        pair = _emoji_pair(row.id, "openmoji", entry["emoji"], row.source, row.licence, row.user)
        pair["texts"] = pair["texts"] or [{"lang": "en", "text": row.text}]
        pair["tags"] = list(row.tags)
        found.append((pair, picture))
    return found


def _other_styles() -> list[tuple[dict, Path]]:
    found = []
    for style in emojisets.SETS:
        drawings = emojisets.svgs(style)
        for emoji, picture in zip(drawings, pictures.render_all(drawings.values()), strict=True):
            if picture is not None:
                id = f"{style.style}-{openmoji.hexkey(emoji)}"
                found.append(
                    (_emoji_pair(id, style.style, emoji, style.style, style.licence), picture)
                )
    return found


def _words() -> list[tuple[dict, Path]]:
    """Drawings of single words, named in forty languages."""
    return [
        (
            {
                "id": f"word-{name}",
                "image": f"art4apps/word-{name}.webp",
                "texts": texts,
                "tags": [],
                "hexcode": None,
                "group": f"word-{name}",
                "author": None,
                "style": "art4apps",
                "source": gcompris.SOURCE.name,
                "licence": "CC-BY-SA-3.0",
            },
            picture,
        )
        for name, picture, texts in gcompris.word_pictures()
    ]


def _notices(stage: Path) -> None:
    for module in (openclipart, openmoji, gcompris):
        notice(stage, module)
    for style in emojisets.SETS:
        (stage / "LICENCES" / f"{style.style}.txt").write_text(
            f"{style.title}\n{style.url}\nPackage: npm {style.package}\n{style.credit}\n"
            f"Licence: {style.licence}\n\nChanges: rendered on white at {SIDE} pixels.\n",
            "utf-8",
        )
    (stage / "LICENCES" / "emojibase-data.txt").write_text(
        "Names and tags of emoji: emojibase-data 17.0.0 (MIT), from Unicode CLDR (Unicode-3.0).\n\n"
        + (emojisets.unpacked("emojibase-data") / "package/LICENSE").read_text("utf-8"),
        "utf-8",
    )


def build(posted: list[Row], spare: list[Row]) -> None:
    """Write ``assets/training``."""
    pairs = [*_clip_art(spare, posted), *_openmoji(posted), *_other_styles(), *_words()]
    with files.staged(TRAINING, PARTS) as stage:
        for folder in sorted({Path(pair["image"]).parent for pair, _ in pairs}):
            (stage / "images" / folder).mkdir(parents=True)

        def write(item: tuple[dict, Path]) -> None:
            pair, picture = item
            (stage / "images" / pair["image"]).write_bytes(pictures.webp(picture, SIDE, quality=78))

        with ThreadPoolExecutor(pictures.WORKERS) as pool:
            list(pool.map(write, pairs))
        files.table(stage / "pairs.parquet", [pair for pair, _ in pairs], PAIRS)
        shutil.copyfile(Path(__file__).with_suffix(".md"), stage / "README.md")
        _notices(stage)
