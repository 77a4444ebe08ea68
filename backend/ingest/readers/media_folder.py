"""Read folders (or ZIPs) of images and sounds, with or without a table of metadata.

As in Hugging Face's imagefolder and audiofolder, ``metadata.csv``, ``.jsonl`` or
``.parquet`` lies in the folder or in each split; its ``file_name`` is relative to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import delimited, json_lines, parquet
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.columns import IMAGE_ENDINGS, SOUND_ENDINGS, guess
from backend.ingest.readers.file_tree import Tree
from backend.media import Family
from backend.media.sniff import sniff

NAME = "folder"
TITLE = "Folder of images and sounds"
METADATA = {"metadata.csv": delimited, "metadata.jsonl": json_lines, "metadata.parquet": parquet}
PICTURES = tuple(f".{ending}" for ending in IMAGE_ENDINGS)
SOUNDS = tuple(f".{ending}" for ending in SOUND_ENDINGS)
# Files with another ending, or none, are looked into, unless they say what they are.
# fmt: off
_OTHERS = (
    ".txt", ".md", ".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".html",
    ".htm", ".xml", ".pdf", ".py", ".ipynb", ".yaml", ".yml", ".js", ".css", ".xlsx", ".ods",
    ".zip", ".gz", ".npy", ".npz", ".pkl", ".pt", ".bin", ".db", ".sqlite", ".srt", ".vtt", ".log",
    ".ini", ".toml", ".license", ".svg",
)
# fmt: on
_HEAD = 4096  # bytes
_SNIFFED = 10_000  # files at most whose contents are looked into
_FILE = ("file_name", "file", "filename")
# As in ``image_file_name``, or ``images_file_names`` with a list.
_FILES = re.compile(r"(\w+_)?file_names?", re.IGNORECASE)


def matches(tree: Tree) -> str | None:
    """Return why the source is a folder of media: most of its files are."""
    if not tree.names(*PICTURES, *SOUNDS) and not _unknown(tree):
        return None
    media = _media(tree)
    if not media:
        return None
    if metadata := _metadata(tree):
        return f"{len(media):,} images and sounds, described by {metadata[0]}"
    others = [n for n in tree.sizes if n not in media and not n.lower().endswith((".txt", ".md"))]
    return f"{len(media):,} images and sounds" if len(others) <= len(media) / 10 else None


def _unknown(tree: Tree) -> list[str]:
    """Return the files whose endings do not say what they are."""
    known = (*PICTURES, *SOUNDS, *_OTHERS)
    return [n for n in tree.names() if not n.lower().endswith(known)][:_SNIFFED]


def _media(tree: Tree) -> dict[str, str]:
    """Return ``image`` or ``audio`` by name of each file that is a medium."""
    found = dict.fromkeys(tree.names(*PICTURES), "image")
    found |= dict.fromkeys(tree.names(*SOUNDS), "audio")
    for name in _unknown(tree):
        try:
            family = sniff(tree.head(name, _HEAD)).family if tree.sizes[name] else None
        except KindredError:
            continue  # no medium, or none that can be read
        if family is not None:
            found[name] = "audio" if family is Family.SOUND else "image"
    return {name: found[name] for name in sorted(found, key=lambda n: (n.count("/"), n))}


def _metadata(tree: Tree) -> list[str]:
    return [n for n in tree.names(*METADATA) if n.rpartition("/")[2].lower() in METADATA]


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each file: those in the metadata first, in its order."""
    described: set[str] = set()
    for name in _metadata(tree):
        module = METADATA[name.rpartition("/")[2].lower()]
        for row in module.read(tree, replace(options, table=name)):
            if row.error is not None:
                yield row
                continue
            named = {c: v for c, v in row.cells.items() if v and _is_file_column(c)}
            if not named:
                error = KindredError("no_media", "This row has no file_name.")
                yield Row(row.number, error=error)
                continue
            paths = [str(p) for v in named.values() for p in (v if isinstance(v, list) else [v])]
            try:
                files = [tree.find(path, name) for path in paths]
            except KindredError as error:
                yield Row(row.number, error=error)
                continue
            described.update(files)
            cells = {k: v for k, v in row.cells.items() if k not in named}
            yield Row(row.number, cells | _cells(*files), file=name)
    for number, (file, kind) in enumerate(_media(tree).items(), start=1):
        if file not in described:
            yield Row(number, _cells(file, kind=kind))


def _is_file_column(column: str) -> bool:
    return column in _FILE or _FILES.fullmatch(column) is not None


def _cells(*files: str, kind: str = "") -> dict[str, Any]:
    """Return the cells of the files of one post; of one file, its path alone."""
    is_sound = [kind == "audio" or (not kind and f.lower().endswith(SOUNDS)) for f in files]
    pictures = ["/" + file for file, sound in zip(files, is_sound, strict=True) if not sound]
    sounds = ["/" + file for file, sound in zip(files, is_sound, strict=True) if sound]
    folder = PurePosixPath(files[0]).parent.name
    found: dict[str, Any] = {"image": pictures, "audio": sounds}
    cells = {kind: of[0] if len(of) == 1 else of for kind, of in found.items() if of}
    return cells | ({"folder": folder} if folder else {})


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field: the media columns as they are, the rest by `guess`."""
    own = ("image", "audio", "folder")
    guessed = dict(guess([c for c in columns if c not in own], samples))
    return guessed | {c: (c,) for c in ("image", "audio") if c in columns}
