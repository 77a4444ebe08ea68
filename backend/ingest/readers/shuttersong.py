"""Read ShutterSong, the data of JTAV: image, caption, song clip with lyrics, mood.

Liang et al., "JTAV: Jointly Learning Social Media Content Representation by
Fusing Textual, Acoustic, and Visual Features", 2018. Two layouts are supported:
a table that names the files, and folders in which the files of a post share a
name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from types import ModuleType

from backend.domain import KindredError
from backend.ingest.readers import delimited, json_lines
from backend.ingest.readers import encoding as charset
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.columns import guess, normalise
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.media_folder import PICTURES, SOUNDS

NAME = "shuttersong"
TITLE = "ShutterSong / JTAV"
_PARTS = {
    "image": re.compile(r"^(images?|imgs?|photos?|pictures?)$"),
    "audio": re.compile(r"^(audios?|songs?|clips?|sounds?|music|wavs?|mp3s?)$"),
    "caption": re.compile(r"^(captions?|texts?)$"),
    "lyrics": re.compile(r"^(lyrics?)$"),
    "mood": re.compile(r"^(moods?|labels?|tags?|emotions?)$"),
}
_MOODS = ("mood", "moodtag", "emotion", "tag", "label")  # columns of the mood, best first
_TABLE = 64 * 2**20


def matches(tree: Tree) -> str | None:
    """Return why the source is ShutterSong: a table with lyrics and moods, or such folders."""
    if table := _table(tree):
        return f"{table[0]} names images, songs, lyrics and moods"
    parts = _folders(tree)
    if {"image", "audio"} <= parts.keys() and {"lyrics", "caption"} & parts.keys():
        return f"folders of {', '.join(parts)} with the same file names"
    return None


def _table(tree: Tree) -> tuple[str, ModuleType] | None:
    for name in tree.names(".csv", ".tsv", ".jsonl", ".json")[:8]:
        module = json_lines if name.lower().endswith((".json", ".jsonl")) else delimited
        try:
            first = list(islice(module.read(tree, Options(table=name)), 1))
        except KindredError:
            continue  # not a table
        columns = {normalise(c) for row in first for c in row.cells}
        if any(c.rstrip("s") == "lyric" for c in columns) and columns & set(_MOODS):
            return name, module
    return None


def _folders(tree: Tree) -> dict[str, str]:
    """Return the folder (or table) of each part of a post."""
    folders: dict[str, str] = {}
    for name in tree.names():
        folder, _, base = name.rpartition("/")
        for part in _parts_of(folder):
            folders.setdefault(part, folder)
        if "mood" not in folders and _PARTS["mood"].match(base.rpartition(".")[0].lower()):
            folders["mood"] = name
    return folders


@lru_cache(maxsize=10_000)
def _parts_of(folder: str) -> list[str]:
    base = folder.rpartition("/")[2].lower()
    return [part for part, pattern in _PARTS.items() if pattern.match(base)]


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each post."""
    if (table := _table(tree)) is not None:
        name, module = table
        yield from module.read(tree, Options(table=name, encoding=options.encoding))
        return
    folders = _folders(tree)
    posts: dict[str, dict[str, str]] = defaultdict(dict)
    for name in tree.names():
        folder, _, base = name.rpartition("/")
        part = next((p for p, f in folders.items() if f == folder), None)
        endings = {"image": PICTURES, "audio": SOUNDS}.get(part or "", (".txt", ".lrc"))
        if part is not None and base.lower().endswith(endings):
            posts[base.rpartition(".")[0]][part] = name
    moods = _moods(tree, folders.get("mood", ""))
    for number, (stem, files) in enumerate(sorted(posts.items()), start=1):
        cells = {"id": stem}
        try:
            for part, name in files.items():
                is_media = part in ("image", "audio")
                cells[part] = f"/{name}" if is_media else charset.read_text(tree, name)
        except KindredError as error:
            yield Row(number, error=error)
            continue
        yield Row(number, cells | ({"mood": moods[stem]} if stem in moods else {}))


def _moods(tree: Tree, name: str) -> dict[str, str]:
    """Read moods from a table with a file name and its mood on each line."""
    if name not in tree.sizes:
        return {}
    text = tree.read(name, _TABLE).decode("utf-8", "replace")
    pairs = [re.split(r"[,;\t]", line, maxsplit=1) for line in text.splitlines()]
    return {
        pair[0].strip().rpartition("/")[2].partition(".")[0]: pair[1].strip(" \"'")
        for pair in pairs
        if len(pair) == 2
    }


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field: caption and lyrics are the text, the mood the label."""
    by_key = {normalise(c): c for c in reversed(columns)}
    mapping_ = dict(guess(columns, samples))
    texts = [by_key[k] for k in ("caption", "text", "lyrics", "lyric") if k in by_key]
    if texts:
        mapping_["text"] = tuple(texts)
    moods = [by_key[k] for k in _MOODS if k in by_key]
    if moods:
        mapping_["label"] = (moods[0],)
        mapping_ = {f: c for f, c in mapping_.items() if f == "label" or moods[0] not in c}
    return mapping_
