"""Groups of posts that can be named: where to look for errors."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.domain import Modality, subset_name
from backend.error_analysis.ground_truth import MOST_CLASSES, GroundTruth

FEWEST = 10  # posts that a slice must have
LENGTHS = (1, 4, 9, 16, 26, 51)  # words of a text, first of each interval
WORDS = 400  # words that are tried, the most common ones
_WORD = re.compile(r"[^\W\d_]{3,}", re.UNICODE)

EMOJI = re.compile(
    "[\U0001f300-\U0001faff\u2600-\u27bf\U0001f1e6-\U0001f1ff\u2b50\u2b55][\ufe0f\u200d]?"
)
# What can be seen in a text, each by a pattern.
MARKS = {
    "with an emoji": EMOJI,
    "with a smiley of signs": re.compile(r"[:;=8][\-o']?[)(DPpO/\\\]\[3]|<3"),
    "with a question mark": re.compile(r"[?？]"),
    "with an exclamation mark": re.compile(r"[!！]"),
    "with a negation": re.compile(
        r"\b(?:not|no|never|none|nothing|nobody|cannot|without|isnt|dont|cant|wont|didnt)\b|n['’]t\b",
        re.IGNORECASE,
    ),
    "with 'but' or 'though'": re.compile(r"\b(?:but|though|although|however|yet)\b", re.IGNORECASE),
    "with a link": re.compile(r"https?://|www\."),
    "with a mention": re.compile(r"(?<!\w)@\w"),
    "with a hashtag": re.compile(r"(?<!\w)#\w"),
    "with a number": re.compile(r"\d"),
    "with a word in capitals": re.compile(r"\b[A-Z]{3,}\b"),
    "with a trailing ellipsis": re.compile(r"(?:\.\.\.|…)\s*$"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A named group of posts.

    Attributes
    ----------
    kind : str
        ``author``, ``tag``, ``word``, ``length``, ``cluster``, ...
    name : str
        For a reader, with the kind in it.
    rows : numpy.ndarray
        Places in `GroundTruth`, ascending.
    """

    kind: str
    name: str
    rows: np.ndarray


def candidates(labelled: GroundTruth, authors: Mapping[str, str] | None = None) -> list[Candidate]:
    """Name every group of at least `FEWEST` posts that metadata and texts give.

    Parameters
    ----------
    labelled : GroundTruth
    authors : mapping of str to str, optional
        How authors are called, by id.

    Returns
    -------
    list of Candidate
        The most telling kinds first.
    """
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(labelled.table.to_pylist()):
        for kind, name in _of_post(row, labelled.label, authors or {}):
            found[kind, name].append(place)
    for word, rows in _words(labelled).items():
        found["word", f'text with "{word}"'] = rows
    total = len(labelled)
    kept = [
        Candidate(kind, name, np.array(rows, dtype=np.int64))
        for (kind, name), rows in found.items()
        if FEWEST <= len(rows) <= total - FEWEST
    ]
    order = {kind: i for i, kind in enumerate(KINDS)}
    kept = [c for c in kept if c.kind != "label" or _few_values(found, c)]
    return sorted(kept, key=lambda c: (order.get(c.kind, len(order)), c.name))


KINDS = (
    "author",
    "tag",
    "source",
    "modalities",
    "language",
    "length",
    "text",
    "label",
    "licence",
    "year",
    "title",
    "word",
    "cluster",
    "direction",
)


def _of_post(
    row: Mapping[str, Any], label: str, authors: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    have = tuple(m for m in Modality if row[m.value])
    yield "modalities", f"{subset_name(have)} only" if len(have) == 1 else subset_name(have)
    for modality in Modality:
        said = "with" if row[modality.value] else "without"
        yield "modalities", f"{said} {'sound' if modality is Modality.AUDIO else modality.value}"
    if row["user"]:
        yield "author", f"author {authors.get(row['user'], row['user'])}"
    for tag in set(row["tags"] or ()):
        yield "tag", f"tag {tag}"
    for kind in ("source", "language", "licence"):
        if row[kind]:
            yield kind, f"{kind} {row[kind]}"
    if row["time"]:
        yield "year", f"year {row['time'].year}"
    yield "title", "with a title" if row["title"] else "without a title"
    for name, value in json.loads(row["labels"] or "{}").items():
        if name != label and value not in (None, ""):
            yield "label", f"{name} {value}"
    text = row["text"] or ""
    if text:
        yield "length", _length(len(text.split()))
        for name, pattern in MARKS.items():
            if pattern.search(text):
                yield "text", f"text {name}"


def _length(words: int) -> str:
    low = max((edge for edge in LENGTHS if edge <= words), default=LENGTHS[0])
    after = [edge for edge in LENGTHS if edge > low]
    return f"text of {low} to {after[0] - 1} words" if after else f"text of {low} words or more"


def _words(labelled: GroundTruth) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(labelled.table["text"].to_pylist()):
        for word in set(_WORD.findall((text or "").casefold())):
            rows[word].append(place)
    often = sorted(
        (w for w, places in rows.items() if len(places) >= FEWEST),
        key=lambda w: (-len(rows[w]), w),
    )
    return {word: rows[word] for word in often[:WORDS]}


def _few_values(found: Mapping[tuple[str, str], list[int]], candidate: Candidate) -> bool:
    """Whether a label has so few values that one of them names a group, not a post."""
    name = candidate.name.partition(" ")[0]
    values = sum(kind == "label" and n.startswith(f"{name} ") for kind, n in found)
    return values <= MOST_CLASSES
