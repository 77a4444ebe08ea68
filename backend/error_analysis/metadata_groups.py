"""Groups of posts by their metadata and texts."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.domain import Modality, subset_name
from backend.error_analysis.ground_truth import MAX_CLASSES, GroundTruth
from backend.text.language_names import language
from backend.text.tokens import WORD

FEWEST = 10  # posts of a slice
LENGTHS = (1, 4, 9, 16, 26, 51)  # words of a text, first of each interval
WORDS = 400  # the most common words, each a group
KINDS = (  # in the order of the candidates
    *("author", "tag", "source", "modalities", "language", "length", "text"),
    *("label", "licence", "year", "title", "word", "cluster", "direction"),
)

EMOJI = re.compile(
    "[\U0001f300-\U0001faff\u2600-\u27bf\U0001f1e6-\U0001f1ff\u2b50\u2b55][\ufe0f\u200d]?"
)
# Features of a text and the patterns that find them.
TEXT_FEATURES = {
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
        Includes the kind.
    rows : numpy.ndarray
        Rows of `GroundTruth`, ascending.
    """

    kind: str
    name: str
    rows: np.ndarray


def candidates(
    ground_truth: GroundTruth, authors: Mapping[str, str] | None = None
) -> list[Candidate]:
    """Group posts by metadata, text features and words, with at least `FEWEST` posts a group.

    Parameters
    ----------
    ground_truth : GroundTruth
    authors : mapping of str to str, optional
        Names of authors by id.

    Returns
    -------
    list of Candidate
        In the order of `KINDS`.
    """
    rows_by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, post in enumerate(ground_truth.table.to_pylist()):
        for kind, name in _groups_of(post, ground_truth.label, authors or {}):
            rows_by_name[kind, name].append(i)
    for word, rows in _words(ground_truth).items():
        rows_by_name["word", f'text with "{word}"'] = rows
    total = len(ground_truth)
    kept = [
        Candidate(kind, name, np.array(rows, dtype=np.int64))
        for (kind, name), rows in rows_by_name.items()
        if FEWEST <= len(rows) <= total - FEWEST
    ]
    order = {kind: i for i, kind in enumerate(KINDS)}
    kept = [c for c in kept if c.kind != "label" or _few_values(rows_by_name, c)]
    return sorted(kept, key=lambda c: (order.get(c.kind, len(order)), c.name))


def _groups_of(
    post: Mapping[str, Any], label: str, authors: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    present = tuple(m for m in Modality if post[m.value])
    yield "modalities", subset_name(present) + (" only" if len(present) == 1 else "")
    for modality in Modality:
        noun = "sound" if modality is Modality.AUDIO else modality.value
        yield "modalities", f"{'with' if post[modality.value] else 'without'} {noun}"
    if post["user"]:
        yield "author", f"author {authors.get(post['user'], post['user'])}"
    for tag in set(post["tags"] or ()):
        yield "tag", f"tag {tag}"
    for kind in ("source", "licence"):
        if post[kind]:
            yield kind, f"{kind} {post[kind]}"
    if post["language"]:
        yield "language", f"language {language(post['language'])}"
    if post["time"]:
        yield "year", f"year {post['time'].year}"
    yield "title", "with a title" if post["title"] else "without a title"
    for name, value in json.loads(post["labels"] or "{}").items():
        if name != label and value not in (None, ""):
            yield "label", f"{name} {value}"
    text = post["text"] or ""
    if text:
        yield "length", _length(len(text.split()))
        for name, pattern in TEXT_FEATURES.items():
            if pattern.search(text):
                yield "text", f"text {name}"


def _length(words: int) -> str:
    low = max((edge for edge in LENGTHS if edge <= words), default=LENGTHS[0])
    after = [edge for edge in LENGTHS if edge > low]
    return f"text of {low} to {after[0] - 1} words" if after else f"text of {low} words or more"


def _words(ground_truth: GroundTruth) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(ground_truth.table["text"].to_pylist()):
        for word in set(WORD.findall((text or "").casefold())):
            rows[word].append(i)
    common = sorted(
        (w for w, posts in rows.items() if len(posts) >= FEWEST), key=lambda w: (-len(rows[w]), w)
    )
    return {word: rows[word] for word in common[:WORDS]}


def _few_values(rows_by_name: Mapping[tuple[str, str], list[int]], candidate: Candidate) -> bool:
    """Whether the values of another label are classes, not one value a post."""
    name = candidate.name.partition(" ")[0]
    values = sum(kind == "label" and n.startswith(f"{name} ") for kind, n in rows_by_name)
    return values <= MAX_CLASSES
