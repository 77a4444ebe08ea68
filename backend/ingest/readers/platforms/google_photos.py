"""Read Google Photos from Takeout: a JSON beside each picture describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.json_lines import without_surrogates
from backend.ingest.readers.media_folder import PICTURES, SOUNDS
from backend.ingest.readers.platforms import common

NAME = "google-photos"
TITLE = "Google Photos (Takeout)"
_SMALL = 2**18
_PEEKED = 30
_NUMBERED = re.compile(r"^(?P<stem>.*?)(?P<n>\(\d+\))?(?P<ending>\.\w+)$")
_NUMBER = re.compile(r"(\(\d+\))\.json$|(\(\d+\))\.[\w-]+\.json$")
_EDITED = re.compile(r"-(edited|bearbeitet|modifié|editado|modificato|bewerkt)$", re.I)
_LONGEST = 46  # characters of a name, which Takeout cuts


def matches(tree: Tree) -> str | None:
    """Return why the source is Google Photos."""
    if not tree.names(*PICTURES):
        return None
    for name in tree.names(".json")[:_PEEKED]:
        if "photoTakenTime" in _facts(tree, name):
            return f"{name} describes a picture of Google Photos"
    return None


def _facts(tree: Tree, name: str) -> dict[str, Any]:
    if tree.sizes[name] > _SMALL or b'"title"' not in tree.head(name, _SMALL):
        return {}
    was_read = name in tree.opened
    try:
        found = without_surrogates(json.loads(tree.read(name, _SMALL)))
    except (KindredError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or "photoTakenTime" not in found:
        if not was_read:
            tree.opened.discard(name)
        return {}
    return found


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each picture, film or sound, with what is said of it."""
    described: dict[tuple[str, str, str], dict[str, Any]] = {}
    by_folder: dict[str, list[tuple[str, str]]] = {}
    for name in tree.names(".json"):
        facts = _facts(tree, name)
        if facts:
            folder = name.rpartition("/")[0]
            match = _NUMBER.search(name)
            number = (match[1] or match[2]) if match else ""
            title = str(facts.get("title") or "").casefold()
            described[folder, title, number] = facts
            by_folder.setdefault(folder, []).append((title, number))
    for number_, name in enumerate(tree.names(*PICTURES, *SOUNDS), start=1):
        facts = _find(name, described, by_folder)
        if facts.get("trashed"):
            tree.leave_out(name, "picture in the trash")
            continue
        kind = "audio" if name.lower().endswith(SOUNDS) else "image"
        words = common.text(facts.get("description")).strip()
        yield common.row(
            number_,
            {
                kind: "/" + name,
                "text": words,
                "time": common.epoch(common.first(facts, "photoTakenTime.timestamp")),
                "tags": common.hashtags(words),
                "url": facts.get("url"),
                "folder": name.rpartition("/")[0].rpartition("/")[2],
            },
            name,
        )


def _find(
    name: str,
    described: dict[tuple[str, str, str], dict[str, Any]],
    by_folder: dict[str, list[tuple[str, str]]],
) -> dict[str, Any]:
    """Return what is said of a file; its name may be numbered, edited or cut."""
    folder, _, base = name.rpartition("/")
    match = _NUMBERED.match(base)
    if match is None:
        return {}
    stem, number, ending = match["stem"], match["n"] or "", match["ending"]
    for title in (stem + ending, _EDITED.sub("", stem) + ending, base):
        for n in (number, "") if title == base else (number,):
            if found := described.get((folder, title.casefold(), n)):
                return found
    if len(base) >= _LONGEST:
        cut = [
            t for t, n in by_folder.get(folder, ()) if n == number and t.startswith(stem.casefold())
        ]
        if len(set(cut)) == 1:
            return described[folder, cut[0], number]
    return {}


def mapping(columns: list[str], samples: list[Row]) -> dict[str, tuple[str, ...]]:
    """Return the columns of each field; the folder is a label only where one asks for it."""
    return dict(common.mapping([c for c in columns if c != "folder"], samples))
