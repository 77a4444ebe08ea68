"""Put the sources together: caps, groups, media, tables, notices, checksums."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soxr

from assets.build.corpus import (
    drawn,
    files,
    gcompris,
    groups,
    openclipart,
    openmoji,
    pictures,
    sonicpi,
    sounds,
    tuxpaint,
    tweets,
    wesnoth,
)
from assets.build.corpus.rows import Row
from backend.media import read_media, write_webp
from backend.settings import ASSETS

CORPUS = ASSETS / "corpus"
SOURCES = (openclipart, openmoji, tuxpaint, gcompris, sonicpi, wesnoth, tweets, drawn)
PARTS = ("posts.parquet", "users.parquet", "sources.json", "LICENCES", "media", "clips")
SIDE = 384  # pixels of the frames of a clip
# Groups found by looking at pixels; the other sources know theirs.
_BY_PIXELS = ("openclipart", "tuxpaint", "gcompris")

POSTS = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("image", pa.string()),
        ("audio", pa.string()),
        ("user", pa.string()),
        ("time", pa.timestamp("s", tz="UTC")),
        ("language", pa.string()),
        ("title", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("labels", pa.string()),
        ("licence", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("group", pa.string()),
        ("original", pa.string()),
    ]
)
USERS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("posts", pa.int32()),
        ("source", pa.string()),
        ("tags", pa.list_(pa.string())),
    ]
)


def group_by_pixels(rows: list[Row]) -> None:
    """Give every drawing of `rows` the id of the first near-identical one."""
    mine = [r for r in rows if r.source in _BY_PIXELS and r.picture is not None]
    same, near = groups.similar_images([r.picture for r in mine if r.picture])
    for row, first, kin in zip(mine, same, near, strict=True):
        row.copy, row.group = mine[first].id, mine[kin].id


def cap(rows: list[Row], limit: int) -> tuple[list[Row], list[Row]]:
    """Split each author's posts into at most `limit` to post and the rest.

    An author's copies count once; titles and groups take turns, so that the
    posts that stay show the breadth of an author's work.
    """
    rest, ordered = [], []
    seen: set[tuple[str | None, str | None]] = set()
    turns: Counter[tuple[str | None, str | None]] = Counter()
    for row in sorted(rows, key=lambda r: r.rank):
        if (row.user, row.copy) in seen:
            rest.append(row)
            continue
        seen.add((row.user, row.copy))
        themes = {(row.title or "").partition(":")[0].casefold(), f"group {row.group}"}
        turn = max(turns[row.user, theme] for theme in themes)
        turns.update((row.user, theme) for theme in themes)
        ordered.append((turn, row.rank, row))
    kept: list[Row] = []
    count: Counter[str | None] = Counter()
    for _, _, row in sorted(ordered, key=lambda item: item[:2]):
        count[row.user] += 1
        (kept if row.user is None or count[row.user] <= limit else rest).append(row)
    return sorted(kept, key=lambda r: r.id), sorted(rest, key=lambda r: r.id)


def _write_media(row: Row, media: Path) -> tuple[str | None, str | None]:
    image = audio = None
    folder = media / row.source
    if row.picture is not None:
        image = f"{row.source}/{row.id}.webp"
        (folder / f"{row.id}.webp").write_bytes(pictures.webp(row.picture, row.side))
    if row.sound is not None:
        audio = f"{row.source}/{row.id}.ogg"
        path, start, seconds = row.sound
        (folder / f"{row.id}.ogg").write_bytes(sounds.opus(sounds.read(path, start, seconds)))
    if row.clip is not None:  # as an import stores a video: a still and a sound
        image, audio = f"{row.source}/{row.id}.webp", f"{row.source}/{row.id}.ogg"
        picture, sound = read_media(row.clip)
        assert picture is not None and sound is not None
        write_webp(picture, folder / f"{row.id}.webp", side=SIDE)
        samples = soxr.resample(sound.samples, sound.rate, sounds.RATE).astype(np.float32)
        (folder / f"{row.id}.ogg").write_bytes(sounds.opus(samples))
        shutil.copyfile(row.clip, media.with_name("clips") / f"{row.id}.webm")
    return image, audio


def _post(row: Row, media: tuple[str | None, str | None]) -> dict:
    return {
        "id": row.id,
        "text": row.text,
        "image": media[0],
        "audio": media[1],
        "user": row.user,
        "time": row.time,
        "language": row.language,
        "title": row.title,
        "tags": list(row.tags),
        "labels": json.dumps(row.labels, ensure_ascii=False, sort_keys=True),
        "licence": row.licence,
        "source": row.source,
        "url": row.url,
        "group": row.group or row.id,
        "original": row.original,
    }


def _users(rows: list[Row]) -> list[dict]:
    mine: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.user:
            mine[row.user].append(row)
    found = []
    for user, posts in sorted(mine.items()):
        tags = Counter(t for p in posts for t in p.tags)
        top = [t for t, _ in sorted(tags.items(), key=lambda item: (-item[1], item[0]))[:8]]
        found.append(
            {
                "id": user,
                "name": posts[0].author,
                "posts": len(posts),
                "source": posts[0].source,
                "tags": top,
            }
        )
    return found


def _sources(rows: list[Row]) -> list[dict]:
    found = []
    for module in SOURCES:
        source = module.SOURCE
        mine = [r for r in rows if r.source == source.name]
        found.append(
            {
                "name": source.name,
                "title": source.title,
                "description": source.description,
                "package": source.package,
                "licence": source.licence,
                "licence_name": source.licence_name,
                "notice": f"LICENCES/{source.name}.txt",
                "url": source.url,
                "posts": len(mine),
                "users": len({r.user for r in mine if r.user}),
                "text": sum(r.text is not None for r in mine),
                "image": sum(bool(r.picture or r.clip) for r in mine),
                "audio": sum(bool(r.sound or r.clip) for r in mine),
            }
        )
    return found


def _write(rows: list[Row], stage: Path) -> None:
    (stage / "clips").mkdir()
    for module in SOURCES:
        (stage / "media" / module.SOURCE.name).mkdir(parents=True)
        notice(stage, module)
    for text in sorted((Path(__file__).parent / "licences").glob("*.txt")):
        shutil.copyfile(text, stage / "LICENCES" / text.name)
    with ThreadPoolExecutor(pictures.WORKERS) as pool:
        media = list(pool.map(lambda row: _write_media(row, stage / "media"), rows))
    posts = [_post(row, names) for row, names in zip(rows, media, strict=True)]
    files.table(stage / "posts.parquet", posts, POSTS)
    files.table(stage / "users.parquet", _users(rows), USERS)
    files.write_json(stage / "sources.json", _sources(rows))


def build() -> tuple[list[Row], list[Row]]:
    """Write ``assets/corpus``.

    Returns
    -------
    posted, spare : list of Row
        What became a post, and the Open Clip Art drawings that did not,
        grouped together with the posts; `training` uses them.
    """
    clip = openclipart.rows()
    stamps = tuxpaint.rows()
    extra = openclipart.draw(openclipart.more())
    photos = gcompris.rows()
    group_by_pixels([*clip, *stamps, *photos, *extra])
    clip, over = cap(clip, openclipart.CAP)
    others = (*sonicpi.rows(), *wesnoth.rows(), *tweets.rows(), *drawn.rows())
    rows = [*clip, *openmoji.rows(), *stamps, *photos, *others]
    with files.staged(CORPUS, PARTS) as stage:
        _write(rows, stage)
    print(f"{len(rows)} posts, {len({r.user for r in rows if r.user})} users", file=sys.stderr)
    return rows, [*over, *extra]


def add(module: ModuleType) -> None:
    """Write the posts of one source, without authors, again; all others stay as they are."""
    rows, name = module.rows(), module.SOURCE.name
    (CORPUS / "clips").mkdir(exist_ok=True)
    shutil.rmtree(CORPUS / "media" / name, ignore_errors=True)
    (CORPUS / "media" / name).mkdir()
    made = [_post(row, _write_media(row, CORPUS / "media")) for row in rows]
    before = pq.read_table(CORPUS / "posts.parquet").to_pylist()
    posts = [post for post in before if post["source"] != name] + made
    order = [source.SOURCE.name for source in SOURCES]
    posts.sort(key=lambda post: order.index(post["source"]))
    files.table(CORPUS / "posts.parquet", posts, POSTS)
    sources = json.loads((CORPUS / "sources.json").read_text("utf-8"))
    described = [s for s in sources if s["name"] != name]
    described += [s for s in _sources(rows) if s["name"] == name]
    described.sort(key=lambda s: order.index(s["name"]))
    files.write_json(CORPUS / "sources.json", described)
    notice(CORPUS, module)


def notice(folder: Path, module: object) -> None:
    """Write one source's notice: what was taken, what was changed, under which terms."""
    source = module.SOURCE  # type: ignore[attr-defined]
    path = folder / "LICENCES" / f"{source.name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = (
        f"{source.title}\n{source.url}\nPackage: {source.package}\n"
        f"Licence: {source.licence_name} ({source.licence})\n\n"
        "Changes: drawings rendered on white and scaled down, sounds mixed to mono, cut to at\n"
        "most ten seconds and re-encoded, titles and tags cleaned. The licence is the same.\n"
        f"\n{'-' * 79}\n\n"
    )
    path.write_text(head + module.notice().strip() + "\n", "utf-8")  # type: ignore[attr-defined]
