"""The labels of a corpus that models can be trained on, with their classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.classifiers.dataset import FOLDS, LabelledDataset
from backend.corpus.label_numbers import are_numbers
from backend.corpus.schema import label_values
from backend.domain import Modality

if TYPE_CHECKING:
    from backend.corpus import Corpus

FIRST = ("sentiment", "emotion")
BATCH = 10_000
NAMED = 3  # classes named in an error


@dataclass(frozen=True, slots=True)
class TrainableLabel:
    """A label of a corpus, with the number of posts of each class.

    Attributes
    ----------
    name : str
    posts : int
        Number of posts with the label.
    values : int
        Number of different values.
    classes : mapping of str to int
        Number of posts of each class that has `FOLDS` or more, largest first.
    common : tuple of (str, int)
        The most common values, however few their posts.
    by_modality : mapping of Modality to mapping of str to int
        Of `classes`, the number of posts that have the modality.
    authors : int
        Number of users with two or more posts of `classes`.
    are_numbers : bool
        Whether the values are numbers, such as counts of likes, rather than classes.
    """

    name: str
    posts: int
    values: int
    classes: Mapping[str, int]
    common: tuple[tuple[str, int], ...] = ()
    by_modality: Mapping[Modality, Mapping[str, int]] = field(default_factory=dict)
    authors: int = 0
    are_numbers: bool = False

    @property
    def learnt(self) -> int:
        """Number of posts to train on."""
        return sum(self.classes.values())

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities that any post to train on has."""
        return tuple(m for m in Modality if sum(self.by_modality.get(m, {}).values()))

    @property
    def problem(self) -> str:
        """Why the label cannot be trained on; empty when it can."""
        if self.values == 1:
            return (
                f"Every labelled post has the same {self.name}, “{self.common[0][0]}”; "
                "a model needs two classes to tell apart."
            )
        if self.are_numbers:
            return f"The values of {self.name} are numbers; a model learns classes."
        if len(self.classes) < 2:
            common = ", ".join(f"{value} ({count:,})" for value, count in self.common)
            return (
                f"Too few posts: two classes of {self.name} with {FOLDS} posts each are needed; "
                f"the most common are {common}."
            )
        return ""


def labels_of(corpus: Corpus) -> tuple[TrainableLabel, ...]:
    """Return all labels of a corpus, trainable ones first, with sentiment and emotion in front."""
    counts: dict[str, Counter[str]] = {}
    by_modality: dict[tuple[str, Modality], Counter[str]] = {}
    users: dict[str, Counter[tuple[str, str]]] = {}
    for row in _rows(corpus):
        for name, value in label_values(row["labels"]).items():
            counts.setdefault(name, Counter())[value] += 1
            if row["user"]:
                users.setdefault(name, Counter())[row["user"], value] += 1
            for modality in Modality:
                if row[modality.value]:
                    by_modality.setdefault((name, modality), Counter())[value] += 1
    labels = []
    for name, values in counts.items():
        order = sorted(values.items(), key=lambda item: (-item[1], item[0]))
        classes = {value: n for value, n in order if n >= FOLDS}
        posts_of_user: Counter[str] = Counter()
        for (user, value), n in users.get(name, Counter()).items():
            posts_of_user[user] += n if value in classes else 0
        present = {m: by_modality.get((name, m), Counter[str]()) for m in Modality}
        labels.append(
            TrainableLabel(
                name,
                sum(values.values()),
                len(values),
                classes,
                tuple(order[:NAMED]),
                {m: {v: n for v, n in present[m].items() if v in classes} for m in Modality},
                sum(n >= 2 for n in posts_of_user.values()),
                are_numbers(name, values),
            )
        )
    labels.sort(key=lambda i: (bool(i.problem), i.name not in FIRST, -i.learnt, i.name))
    return tuple(labels)


def _rows(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Yield labels, user and the presence of each modality of the posts with labels.

    In batches, because a corpus may have millions of posts.
    """
    table = corpus.table(["labels", "text", "title", "image", "audio", "user"])
    table = table.filter(pc.fill_null(pc.greater(pc.utf8_length(table["labels"]), 2), False))

    def present(name: str) -> Any:
        return pc.fill_null(pc.greater(pc.utf8_length(table[name]), 0), False)

    plain = pa.table(
        {
            "labels": table["labels"],
            "user": table["user"],
            "text": pc.or_(present("text"), present("title")),
            "image": present("image"),
            "audio": present("audio"),
        }
    )
    for batch in plain.to_batches(max_chunksize=BATCH):
        yield from batch.to_pylist()


def labelled_info(dataset: LabelledDataset, name: str) -> TrainableLabel:
    """Return the label of a dataset that is not a corpus."""
    names = np.array(dataset.classes)[dataset.labels]
    classes = Counter(names.tolist())
    enough = {value: n for value, n in classes.most_common() if n >= FOLDS}
    present = dataset.present
    return TrainableLabel(
        name,
        len(dataset),
        len(classes),
        enough,
        tuple(classes.most_common(NAMED)),
        {
            m: {v: n for v, n in Counter(names[present[:, i]].tolist()).items() if v in enough}
            for i, m in enumerate(Modality)
        },
        sum(n >= 2 for n in Counter(dataset.groups.tolist()).values()),
    )
