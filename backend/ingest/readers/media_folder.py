"""Read folders (or ZIPs) of images and sounds, with or without a table of metadata.

As in Hugging Face's imagefolder and audiofolder, ``metadata.csv``, ``.jsonl`` or
``.parquet`` lies in the folder or in each split; its ``file_name`` is relative to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from backend.domain import KindredError
from backend.ingest.readers import delimited, json_lines, parquet
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree

NAME = "folder"
TITLE = "Folder of images and sounds"
METADATA = {"metadata.csv": delimited, "metadata.jsonl": json_lines, "metadata.parquet": parquet}
# fmt: off
PICTURES = (
    ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif",
    ".avif", ".mp4", ".m4v", ".mov", ".webm",
)
SOUNDS = (".wav", ".mp3", ".ogg", ".oga", ".opus", ".flac", ".m4a", ".aac", ".aif", ".aiff")
# fmt: on
_FILE = ("file_name", "file", "filename", "image_file_name", "audio_file_name")


def matches(tree: Tree) -> str | None:
    """Return why the source is a folder of media: most of its files are."""
    media = tree.names(*PICTURES, *SOUNDS)
    if not media:
        return None
    if metadata := _metadata(tree):
        return f"{len(media):,} images and sounds, described by {metadata[0]}"
    others = [n for n in tree.sizes if not n.lower().endswith((*PICTURES, *SOUNDS, ".txt", ".md"))]
    return f"{len(media):,} images and sounds" if len(others) <= len(media) / 10 else None


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
            column = next((c for c in _FILE if row.cells.get(c)), None)
            if column is None:
                error = KindredError("no_media", "This row has no file_name.")
                yield Row(row.number, error=error)
                continue
            path = str(row.cells[column])
            cells = {k: v for k, v in row.cells.items() if k != column}
            try:
                file = tree.find(path, name)
            except KindredError as error:
                yield Row(row.number, error=error)
                continue
            described.add(file)
            yield Row(row.number, cells | _cells(file), file=name)
    for number, file in enumerate(tree.names(*PICTURES, *SOUNDS), start=1):
        if file not in described:
            yield Row(number, _cells(file))


def _cells(file: str) -> dict[str, str]:
    kind = "image" if file.lower().endswith(PICTURES) else "audio"
    folder = PurePosixPath(file).parent.name
    return {kind: "/" + file, **({"folder": folder} if folder else {})}


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field: the media columns as they are, the rest by `guess`."""
    own = ("image", "audio", "folder")
    guessed = dict(guess([c for c in columns if c not in own], samples))
    return guessed | {c: (c,) for c in ("image", "audio") if c in columns}
