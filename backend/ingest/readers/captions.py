"""Read captions beside pictures and sounds: webdataset, img2dataset, and folders like them.

The files of a post share their name up to the first dot: ``0001.jpg``, ``0001.txt``,
``0001.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import encoding
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.json_lines import without_surrogates
from backend.ingest.readers.media_folder import PICTURES, SOUNDS

NAME = "captions"
TITLE = "Captions next to pictures and sounds (webdataset, img2dataset)"
_WORDS = ("txt", "caption", "text", "cap", "lab", "transcript")
_CLASSES = ("cls", "label", "class")
_SMALL = 2**20
# Names in a JSON beside a picture, best first.
_FIELDS = {
    "text": ("caption", "text", "description", "content", "body", "title"),
    "title": ("fulltitle", "title"),
    "user": ("uploader_id", "username", "uploader", "author", "user", "owner"),
    "name": ("uploader", "channel", "fullname"),
    "time": ("timestamp", "date", "created_at", "upload_date", "taken_at"),
    "tags": ("tags", "hashtags", "keywords"),
    "url": ("webpage_url", "post_url", "permalink"),
    "language": ("language", "lang"),
    "label": ("label", "class", "emotion", "sentiment"),
}


def matches(tree: Tree) -> str | None:
    """Return why the source is of this kind: most of its media have words beside them."""
    media = tree.names(*PICTURES, *SOUNDS)
    if not media:
        return None
    words = {_key(n) for n in tree.sizes if _part(n) in _WORDS}
    words |= {key for n in tree.names(".json") if (key := _key(n)) and _part(n) != "info"}
    paired = sum(_key(n) in words or _stem(n) in words for n in media)
    if paired < max(1, len(media) / 2) or paired < len(words) / 2:
        return None
    return f"{paired:,} of {len(media):,} pictures and sounds have captions next to them"


def _key(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    return folder + slash + base.partition(".")[0]


def _stem(name: str) -> str:
    """Return the key without the number of one of several pictures; empty without one."""
    stem, _, number = _key(name).rpartition("_")
    return stem if number.isdigit() else ""


def _part(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[2].lower()


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each picture or sound, or for several that share their name."""
    beside: dict[str, dict[str, str]] = {}
    for name in tree.names():
        beside.setdefault(_key(name), {})[_part(name)] = name
    keys = dict.fromkeys(_key(n) for n in tree.names(*PICTURES, *SOUNDS))
    for number, key in enumerate(keys, start=1):
        files = beside[key]
        try:
            yield Row(number, _cells(tree, files, beside), file=next(iter(files.values())))
        except KindredError as error:
            yield Row(number, error=error)


def _cells(tree: Tree, files: dict[str, str], beside: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the cells of the files that share a name."""
    pictures = [n for n in files.values() if n.lower().endswith(PICTURES)]
    sounds = [n for n in files.values() if n.lower().endswith(SOUNDS)]
    cells: dict[str, Any] = {
        "image": ["/" + n for n in pictures],
        "audio": ["/" + n for n in sounds],
        "folder": (pictures or sounds)[0].rpartition("/")[0].rpartition("/")[2],
    }
    cells |= _facts(tree, files)
    text = _words(tree, files) or _words(tree, _of_several((pictures or sounds)[0], beside))
    if text:
        cells["text"] = text
    if cells.get("text") == cells.get("title"):
        cells.pop("title", None)
    for part in _CLASSES:
        if part in files:
            cells["label"] = encoding.read_text(tree, files[part])
    return {name: value for name, value in cells.items() if value not in (None, "", [])}


def _words(tree: Tree, files: dict[str, str]) -> str:
    return next((encoding.read_text(tree, files[part]) for part in _WORDS if part in files), "")


def _of_several(name: str, beside: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return the files beside the first of several pictures of one post, ``NAME_2.jpg``."""
    files = beside.get(_stem(name), {})
    return {} if any(n.lower().endswith(PICTURES) for n in files.values()) else files


def _facts(tree: Tree, files: dict[str, str]) -> dict[str, Any]:
    """Return what a JSON beside a picture says in the usual names."""
    name = next((n for part, n in files.items() if part.endswith("json")), None)
    if name is None or tree.sizes[name] > _SMALL:
        return {}
    try:
        facts = without_surrogates(json.loads(tree.read(name, _SMALL)))
    except (ValueError, RecursionError):
        raise KindredError("not_json", f"{name} is not valid JSON.") from None
    if not isinstance(facts, dict):
        return {}
    cells = {}
    for field, names in _FIELDS.items():
        value = next((facts[n] for n in names if facts.get(n) not in (None, "", [])), None)
        if isinstance(value, str | int | float) or (field == "tags" and isinstance(value, list)):
            cells[field] = value
    return cells


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field, which have their names."""
    return {f: (f,) for f in (*_FIELDS, "image", "audio")}
