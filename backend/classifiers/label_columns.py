"""Which columns of a corpus can be trained on as labels, with their classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.classifiers.dataset import FOLDS, LabelledDataset
from backend.corpus.schema import label_values
from backend.domain import Modality

if TYPE_CHECKING:
    from backend.corpus import Corpus

FIRST = ("sentiment", "emotion")
BATCH = 10_000
TOLD = 3  # classes that a problem names


@dataclass(frozen=True, slots=True)
class TrainableLabel:
    """A label of a corpus, and what it offers to learn.

    Attributes
    ----------
    name : str
    posts : int
        That carry it.
    values : int
        Different values.
    classes : mapping of str to int
        Posts of each class with at least `FOLDS` of them, most first.
    common : tuple of (str, int)
        The most common values, whatever their number.
    by_modality : mapping of Modality to mapping of str to int
        Of `classes`, posts that have the modality.
    authors : int
        Users with two posts or more of `classes`.
    """

    name: str
    posts: int
    values: int
    classes: Mapping[str, int]
    common: tuple[tuple[str, int], ...] = ()
    by_modality: Mapping[Modality, Mapping[str, int]] = field(default_factory=dict)
    authors: int = 0

    @property
    def learnt(self) -> int:
        """Posts of the classes that are learnt."""
        return sum(self.classes.values())

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those that any post to learn from has."""
        return tuple(m for m in Modality if sum(self.by_modality.get(m, {}).values()))

    @property
    def problem(self) -> str:
        """Why it cannot be trained on; empty when it can."""
        if self.values == 1:
            return (
                f"Every labelled post has the same {self.name}, “{self.common[0][0]}”; "
                "a model needs two classes to tell apart."
            )
        if len(self.classes) < 2:
            told = ", ".join(f"{value} ({count:,})" for value, count in self.common)
            return (
                f"Too few posts: two classes of {self.name} with {FOLDS} posts each are needed; "
                f"the most common are {told}."
            )
        return ""


def labels_of(corpus: Corpus) -> tuple[TrainableLabel, ...]:
    """All labels of a corpus: those that can be trained on first, sentiment and emotion ahead.

    Parameters
    ----------
    corpus : Corpus

    Returns
    -------
    tuple of TrainableLabel
    """
    counts: dict[str, Counter[str]] = {}
    there: dict[tuple[str, Modality], Counter[str]] = {}
    users: dict[str, Counter[tuple[str, str]]] = {}
    for row in _rows(corpus):
        for name, value in label_values(row["labels"]).items():
            counts.setdefault(name, Counter())[value] += 1
            if row["user"]:
                users.setdefault(name, Counter())[row["user"], value] += 1
            for modality in Modality:
                if row[modality.value]:
                    there.setdefault((name, modality), Counter())[value] += 1
    found = []
    for name, values in counts.items():
        order = sorted(values.items(), key=lambda item: (-item[1], item[0]))
        classes = {value: n for value, n in order if n >= FOLDS}
        mine: Counter[str] = Counter()
        for (user, value), n in users.get(name, Counter()).items():
            mine[user] += n if value in classes else 0
        found.append(
            TrainableLabel(
                name,
                sum(values.values()),
                len(values),
                classes,
                tuple(order[:TOLD]),
                {
                    m: {v: n for v, n in there.get((name, m), Counter()).items() if v in classes}
                    for m in Modality
                },
                sum(n >= 2 for n in mine.values()),
            )
        )
    return tuple(
        sorted(found, key=lambda i: (bool(i.problem), i.name not in FIRST, -i.learnt, i.name))
    )


def _rows(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Labelled posts: labels, user, and whether each modality is there.

    A few at a time, for of millions of posts most may have no label.
    """
    table = corpus.table(["labels", "text", "title", "image", "audio", "user"])
    table = table.filter(pc.fill_null(pc.greater(pc.utf8_length(table["labels"]), 2), False))

    def there(name: str) -> Any:
        return pc.fill_null(pc.greater(pc.utf8_length(table[name]), 0), False)

    plain = pa.table(
        {
            "labels": table["labels"],
            "user": table["user"],
            "text": pc.or_(there("text"), there("title")),
            "image": there("image"),
            "audio": there("audio"),
        }
    )
    for batch in plain.to_batches(max_chunksize=BATCH):
        yield from batch.to_pylist()


def labelled_info(posts: LabelledDataset, name: str) -> TrainableLabel:
    """What there is to learn from labelled posts that are no corpus."""
    said = np.array(posts.classes)[posts.labels]
    classes = Counter(said.tolist())
    enough = {value: n for value, n in classes.most_common() if n >= FOLDS}
    present = posts.present
    return TrainableLabel(
        name,
        len(posts),
        len(classes),
        enough,
        tuple(classes.most_common(TOLD)),
        {
            m: {v: n for v, n in Counter(said[present[:, i]].tolist()).items() if v in enough}
            for i, m in enumerate(Modality)
        },
        sum(n >= 2 for n in Counter(posts.groups.tolist()).values()),
    )
