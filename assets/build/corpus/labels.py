"""Labels that people gave, as tables: tweets, emoji, captions, sounds, music, analogies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa

from assets.build.corpus import files, openmoji, sounds, tuxpaint, tweets, wesnoth
from assets.build.corpus.assemble import notice
from backend.settings import ASSETS

LABELS = ASSETS / "labels"
HEARD = "music_heard.parquet"  # made by `heard`, from packages too large for every build
PARTS = (
    "tweets.parquet",
    "emoji.parquet",
    "analogies.parquet",
    "tuxpaint_captions.parquet",
    "tuxpaint_sounds.parquet",
    "music_arousal.parquet",
    HEARD,
    "README.md",
    "LICENCES",
)


def _tweets(folder: Path) -> None:
    files.table(
        folder / "tweets.parquet",
        [
            {"id": t.id, "text": t.text, "rating": t.rating, "label": t.label, "group": t.group}
            for t in tweets.tweets()
        ],
        pa.schema(
            [
                ("id", pa.string()),
                ("text", pa.string()),
                ("rating", pa.float32()),
                ("label", pa.string()),
                ("group", pa.string()),
            ]
        ),
    )


def _emoji(folder: Path) -> None:
    rows = []
    for entry in openmoji.table():
        count = openmoji.counts().get(openmoji.bare(entry["emoji"]))
        judged = openmoji.sentiment(entry["emoji"])
        rows.append(
            {
                "emoji": entry["emoji"],
                "hexcode": openmoji.hexkey(entry["emoji"]),
                "openmoji": entry["hexcode"],
                "post": f"moji-{entry['hexcode']}",
                "name": entry["annotation"],
                "category": entry["group"],
                "subgroup": entry["subgroups"],
                "is_face": openmoji.is_face(entry),
                "negative": count[0] if count else None,
                "neutral": count[1] if count else None,
                "positive": count[2] if count else None,
                "label": judged[0] if judged else None,
            }
        )
    text = ("emoji", "hexcode", "openmoji", "post", "name", "category", "subgroup")
    files.table(
        folder / "emoji.parquet",
        rows,
        pa.schema(
            [(n, pa.string()) for n in text]
            + [("is_face", pa.bool_())]
            + [(n, pa.int32()) for n in ("negative", "neutral", "positive")]
            + [("label", pa.string())]
        ),
    )


def _analogies(folder: Path) -> None:
    rows = [
        {
            "man": openmoji.hexkey(man["emoji"]),
            "woman": openmoji.hexkey(woman["emoji"]),
            "man_post": f"moji-{man['hexcode']}",
            "woman_post": f"moji-{woman['hexcode']}",
            "man_name": man["annotation"],
            "woman_name": woman["annotation"],
        }
        for man, woman in openmoji.pairs()
    ]
    files.table(folder / "analogies.parquet", rows, pa.schema([(n, pa.string()) for n in rows[0]]))


def _tuxpaint(folder: Path) -> None:
    captions, heard = [], []
    for stamp in tuxpaint.stamps():
        post = f"tux-{stamp.number:04d}"
        for language, caption in sorted(stamp.captions.items()):
            if language == "en" or caption != stamp.captions["en"]:
                captions.append({"post": post, "lang": tuxpaint.iso(language), "caption": caption})
        if stamp.sound:
            heard.append(
                {
                    "post": post,
                    "category": stamp.folders[0],
                    "folder": "/".join(stamp.folders),
                    "caption": stamp.captions["en"],
                    "seconds": round(min(sounds.duration(stamp.sound), sounds.SECONDS), 2),
                }
            )
    files.table(
        folder / "tuxpaint_captions.parquet",
        captions,
        pa.schema([(n, pa.string()) for n in ("post", "lang", "caption")]),
    )
    files.table(
        folder / "tuxpaint_sounds.parquet",
        heard,
        pa.schema(
            [(n, pa.string()) for n in ("post", "category", "folder", "caption")]
            + [("seconds", pa.float32())]
        ),
    )


def _music(folder: Path) -> None:
    rows = []
    for track in wesnoth.tracks():
        if track.stem not in wesnoth.AROUSAL:
            continue
        for number, _, _ in wesnoth.excerpts(track):
            rows.append(
                {
                    "post": f"wes-{track.stem.replace('_', '-')}-{number}",
                    "track": track.stem,
                    "title": track.title,
                    "arousal": wesnoth.AROUSAL[track.stem],
                }
            )
    files.table(
        folder / "music_arousal.parquet", rows, pa.schema([(n, pa.string()) for n in rows[0]])
    )


def build() -> None:
    """Write ``assets/labels`` (seed texts there are left alone)."""
    with files.staged(LABELS, PARTS) as stage:
        for write in (_tweets, _emoji, _analogies, _tuxpaint, _music):
            write(stage)
        shutil.copyfile(LABELS / HEARD, stage / HEARD)
        shutil.copyfile(Path(__file__).with_suffix(".md"), stage / "README.md")
        for module in (tweets, openmoji, tuxpaint, wesnoth):
            notice(stage, module)
