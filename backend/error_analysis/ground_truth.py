"""The labelled posts of a corpus, and which labels models can be scored against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from backend.corpus import Corpus
from backend.corpus.label_numbers import are_numbers
from backend.corpus.schema import label_values
from backend.domain import KindredError

# A label with more values, or with fewer posts a value, has no classes (a rating, a name).
MAX_CLASSES = 120
POSTS_A_CLASS = 4
FEWEST = 20
FIRST = ("sentiment", "emotion")
COLUMNS = (
    *("id", "text", "title", "image", "audio", "user", "time"),
    *("language", "tags", "labels", "source", "licence", "group"),
)


@dataclass(frozen=True, slots=True)
class ScorableLabel:
    """A label and its classes.

    Attributes
    ----------
    name : str
    posts : int
        How many posts have it.
    classes : mapping of str to int
        Posts of each class, in descending order.
    """

    name: str
    posts: int
    classes: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """The posts of a corpus that have a label.

    Attributes
    ----------
    corpus, version : str
        Name of the corpus, and the version that was read.
    label : str
    ids : numpy.ndarray
        ``(n,)`` str objects, sorted.
    truth : numpy.ndarray
        ``(n,)`` int64: index in `classes`.
    classes : tuple of str
    table : pyarrow.Table
        The posts, columns as in `COLUMNS`, in the order of `ids`.
    relabelled : mapping of str to str
        Original labels of the corrected posts, by id.
    shipped : bool
        Whether these are the posts that come with Kindred.
    """

    corpus: str
    version: str
    label: str
    ids: np.ndarray
    truth: np.ndarray
    classes: tuple[str, ...]
    table: pa.Table
    relabelled: Mapping[str, str] = field(default_factory=dict)
    shipped: bool = False

    def __len__(self) -> int:
        return len(self.ids)


def labels_of(corpus: Corpus) -> tuple[ScorableLabel, ...]:
    """Return the labels that models can be scored against.

    Sentiment and emotion come first, then the labels with the most posts.
    """
    usable = [info for info in _all_labels(corpus) if not _problem(info)]
    return tuple(sorted(usable, key=lambda i: (i.name not in FIRST, -i.posts, i.name)))


def unusable_labels(corpus: Corpus) -> tuple[str, ...]:
    """Return why the other labels cannot be used, the label with the most posts first.

    Examples: "mood: 15 posts have it, at least 20 are needed".
    """
    ordered = sorted(_all_labels(corpus), key=lambda i: (-i.posts, i.name))
    return tuple(f"{info.name}: {problem}" for info in ordered if (problem := _problem(info)))


def _all_labels(corpus: Corpus) -> list[ScorableLabel]:
    counts: dict[str, Counter[str]] = {}
    for raw in corpus.table(["labels"])["labels"].to_pylist():
        for name, value in label_values(raw).items():
            counts.setdefault(name, Counter())[value] += 1
    found = []
    for name, classes in counts.items():
        ordered = sorted(classes.items(), key=lambda item: (-item[1], item[0]))
        found.append(ScorableLabel(name, sum(classes.values()), dict(ordered)))
    return found


def _problem(info: ScorableLabel) -> str:
    """Why a label cannot be used; empty when it can."""
    most = min(MAX_CLASSES, info.posts // POSTS_A_CLASS)
    if info.posts < FEWEST:
        have = "post has" if info.posts == 1 else "posts have"
        return f"{info.posts} {have} it, at least {FEWEST} are needed"
    if len(info.classes) < 2:
        return f"all {info.posts:,} posts have {next(iter(info.classes))!r}, two classes are needed"
    if are_numbers(info.name, info.classes):
        return "its values are numbers, not classes"
    if len(info.classes) > most:
        return (
            f"{len(info.classes):,} values on {info.posts:,} posts, "
            f"at most {most} classes are possible for so many posts"
        )
    return ""


def read(corpus: Corpus, label: str, relabels: Mapping[str, str] | None = None) -> GroundTruth:
    """Read the posts that have a label.

    Parameters
    ----------
    corpus : Corpus
    label : str
    relabels : mapping of str to str, optional
        Corrections by post id; the corpus itself is not changed.

    Raises
    ------
    KindredError
        ``no_label``, with the names of the usable labels.
    """
    table = corpus.table(list(COLUMNS)).sort_by("id")
    values = [label_values(raw).get(label) for raw in table["labels"].to_pylist()]
    rows = [i for i, value in enumerate(values) if value]
    if not rows or len({values[i] for i in rows}) < 2:
        known = ", ".join(info.name for info in labels_of(corpus)) or "none"
        raise KindredError(
            "no_label",
            f"The corpus {corpus.name} has no label {label!r} with at least two classes. "
            f"Its labels: {known}. Import posts with a label column to add one.",
        )
    table = table.take(rows)
    ids = np.array(table["id"].to_pylist(), dtype=object)
    labels = [str(values[i]) for i in rows]
    source = dict(zip(ids, labels, strict=True))
    changed = {i: v for i, v in (relabels or {}).items() if i in source and v != source[i]}
    current = [changed.get(id_, value) for id_, value in zip(ids, labels, strict=True)]
    classes = _ordered(set(current))
    index = {name: i for i, name in enumerate(classes)}
    return GroundTruth(
        corpus=corpus.name,
        version=corpus.version,
        label=label,
        ids=ids,
        truth=np.array([index[value] for value in current], dtype=np.int64),
        classes=classes,
        table=table,
        relabelled={i: source[i] for i in changed},
        shipped=corpus.info().origin is not None,
    )


def _ordered(names: set[str]) -> tuple[str, ...]:
    """Sort classes: negative, neutral, positive in this order, others alphabetically."""
    order = ("negative", "neutral", "positive")
    if all(n.casefold() in order for n in names):
        return tuple(sorted(names, key=lambda n: order.index(n.casefold())))
    return tuple(sorted(names))
