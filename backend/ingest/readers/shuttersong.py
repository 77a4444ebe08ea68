"""ShutterSong, the data of JTAV: an image, its caption, a song clip with lyrics, a mood.

Liang et al., "JTAV: Jointly Learning Social Media Content Representation by
Fusing Textual, Acoustic, and Visual Features", 2018. Read are both forms in
which it goes around: a table that names the files, and folders in which the
files of a post have the same name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from types import ModuleType

from backend.domain import KindredError
from backend.ingest.readers import delimited, json_lines
from backend.ingest.readers import encoding as charset
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.columns import guess, key
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
_TEXT = 2**16
_TABLE = 64 * 2**20


def matches(tree: Tree) -> str | None:
    """Whether there is a table with lyrics and moods, or folders of that name."""
    if found := _table(tree):
        return f"{found[0]} names images, songs, lyrics and moods"
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
            continue  # whatever it is, it is not this
        columns = {key(c) for row in first for c in row.cells}
        if "lyrics" in columns | {c.rstrip("s") + "s" for c in columns} and columns & {
            "mood",
            "moodtag",
            "emotion",
            "tag",
            "label",
        }:
            return name, module
    return None


def _folders(tree: Tree) -> dict[str, str]:
    """Part of a post -> the folder (or table) that holds it."""
    found: dict[str, str] = {}
    for name in tree.names():
        folder, _, base = name.rpartition("/")
        for part, pattern in _PARTS.items():
            stem = base.rpartition(".")[0].lower()
            if pattern.match(folder.rpartition("/")[2].lower()):
                found.setdefault(part, folder)
            elif part == "mood" and pattern.match(stem):
                found.setdefault(part, name)
    return found


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """A row for each post."""
    if (table := _table(tree)) is not None:
        name, module = table
        yield from module.read(tree, Options(table=name, encoding=options.encoding))
        return
    folders = _folders(tree)
    posts: dict[str, dict[str, str]] = defaultdict(dict)
    for name in tree.names():
        folder, _, base = name.rpartition("/")
        part = next((p for p, f in folders.items() if f == folder), None)
        wanted = {"image": PICTURES, "audio": SOUNDS}.get(part or "", (".txt", ".lrc"))
        if part is not None and base.lower().endswith(wanted):
            posts[base.rpartition(".")[0]][part] = name
    moods = _moods(tree, folders.get("mood", ""))
    for number, (stem, files) in enumerate(sorted(posts.items()), start=1):
        cells = {"id": stem}
        try:
            for part, name in files.items():
                media = part in ("image", "audio")
                cells[part] = f"/{name}" if media else _text(tree, name)
        except KindredError as error:
            yield Row(number, error=error)
            continue
        yield Row(number, cells | ({"mood": moods[stem]} if stem in moods else {}))


def _moods(tree: Tree, name: str) -> dict[str, str]:
    """Moods from one table: a name of a file and its mood a line."""
    if name not in tree.sizes:
        return {}
    text = tree.read(name, _TABLE).decode("utf-8", "replace")
    cut = [re.split(r"[,;\t]", line, maxsplit=1) for line in text.splitlines()]
    return {
        pair[0].strip().rpartition("/")[2].partition(".")[0]: pair[1].strip(" \"'")
        for pair in cut
        if len(pair) == 2
    }


def _text(tree: Tree, name: str) -> str:
    with tree.open(name) as file:
        encoding = charset.detect(file)
    return tree.read(name, _TEXT).decode(encoding, "replace").strip()


def mapping(columns: list[str], samples: list[Row]) -> Mapped:
    """Caption and lyrics are the text, the mood is the label."""
    by_key = {key(c): c for c in reversed(columns)}
    found = dict(guess(columns, samples))
    texts = [by_key[k] for k in ("caption", "text", "lyrics", "lyric") if k in by_key]
    if texts:
        found["text"] = tuple(texts)
    moods = [by_key[k] for k in ("mood", "moodtag", "emotion", "tag", "label") if k in by_key]
    if moods:
        found["label"] = (moods[0],)
        found = {f: c for f, c in found.items() if f == "label" or moods[0] not in c}
    return found
