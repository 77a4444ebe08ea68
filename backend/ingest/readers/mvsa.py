"""Read MVSA: pairs of text and image, each with a sentiment of its own.

Niu et al., "Sentiment Analysis on Multi-View Social Data", 2016.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from backend.domain import KindredError
from backend.ingest.readers import encoding as charset
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.file_tree import Tree

NAME = "mvsa"
TITLE = "MVSA (text and image, two labels a pair)"
_SENTIMENTS = ("positive", "neutral", "negative")
_LINE = re.compile(r"\s*(\w+)[\s,]+(.+)")
_TABLE = 64 * 2**20


def matches(tree: Tree) -> str | None:
    """Return why the source is MVSA: it has a table of labels for numbered files."""
    table = _table(tree)
    return f"{table} labels numbered texts and images" if table else None


def _table(tree: Tree) -> str | None:
    for name in tree.names(".txt", ".csv"):
        if "label" in name.rpartition("/")[2].lower():
            head = tree.head(name, 4096).decode("latin-1").splitlines()[1:6]
            if any(pair for line in head for pair in _votes(line)[1]):
                return name
    return None


def _votes(line: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the number of a line, and each annotator's labels for text and image."""
    match = _LINE.fullmatch(line.rstrip())
    if match is None:
        return "", []
    words = re.split(r"[\s,]+", match[2].strip().lower())
    if len(words) % 2 or any(w not in _SENTIMENTS for w in words):
        return match[1], []
    return match[1], list(zip(words[::2], words[1::2], strict=True))


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each labelled pair."""
    table = _table(tree)
    if table is None:
        raise KindredError("no_table", "The source has no table of labels.")
    by_stem: dict[str, dict[str, str]] = {}
    for name in tree.sizes:
        stem, _, ending = name.rpartition("/")[2].rpartition(".")
        if name != table:
            by_stem.setdefault(stem, {})[ending.lower()] = name
    lines = tree.read(table, _TABLE).decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (number == 1 and not _votes(line)[1]):
            continue
        id_, votes = _votes(line)
        if not votes:
            message = "This line is not a number with pairs of labels."
            yield Row(number, error=KindredError("bad_row", message))
            continue
        files = by_stem.get(id_, {})
        image = next((files[e] for e in ("jpg", "jpeg", "png") if e in files), None)
        try:
            text = charset.read_text(tree, files["txt"]) if "txt" in files else ""
        except KindredError as error:
            yield Row(number, error=error)
            continue
        text_label, image_label = (_majority([vote[i] for vote in votes]) for i in (0, 1))
        cells = {
            "id": id_,
            "text": text,
            "image": f"/{image}" if image else f"{id_}.jpg",
            "text sentiment": text_label,
            "image sentiment": image_label,
            "sentiment": _pair_label(text_label, image_label),
        }
        yield Row(number, cells, file=table)


def _majority(labels: list[str]) -> str:
    """Return the most frequent label; empty on a tie."""
    (label, times), *rest = Counter(labels).most_common()
    return "" if rest and rest[0][1] == times else label


def _pair_label(text: str, image: str) -> str:
    """Return the label of the pair, as is usual for MVSA; empty where the two contradict."""
    if not text or not image or {text, image} == {"positive", "negative"}:
        return ""
    return image if text == "neutral" else text


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field."""
    return {
        "id": ("id",),
        "text": ("text",),
        "image": ("image",),
        "label": ("sentiment", "text sentiment", "image sentiment"),
    }
