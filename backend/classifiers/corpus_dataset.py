"""A label of a corpus as a `LabelledDataset`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.classifiers.dataset import FOLDS, LabelledDataset, encode_labels, grouped_folds
from backend.classifiers.label_columns import labels_of
from backend.classifiers.post_keys import post_keys
from backend.corpus.schema import label_values
from backend.domain import KindredError
from backend.word_spaces.vocabulary import parts

if TYPE_CHECKING:
    from backend.corpus import Corpus

COLUMNS = ("id", "user", "text", "title", "image", "audio", "group", "labels")


def read(corpus: Corpus, label: str | None = None) -> LabelledDataset:
    """Read the posts of a corpus that have a label.

    Posts of one user share a fold; where there are fewer users than `FOLDS`, only
    near-duplicates do. Classes with fewer than `FOLDS` posts are left out.

    Parameters
    ----------
    corpus : Corpus
    label : str, optional
        Name of the label; the first of `labels_of` when not given.

    Raises
    ------
    KindredError
        ``no_label`` when no post has it, ``few_labels`` when too few do.
    """
    corpus = corpus.snapshot()
    known = {info.name: info for info in labels_of(corpus)}
    label = label or next(iter(known), None)
    if label is None or label not in known:
        names = f"There are: {', '.join(known)}." if known else "No post of it has a label."
        raise KindredError("no_label", f"{corpus.name} has no label {label!r}. {names}")
    if problem := known[label].problem:
        raise KindredError("few_labels", problem)
    rows = [row for row in _rows(corpus) if row["labels"].get(label) in known[label].classes]
    labels, classes = encode_labels([row["labels"][label] for row in rows])
    both = [parts([row["text"] or "", row["title"] or ""]) for row in rows]
    users = {row["user"] for row in rows} - {None}
    by_user = len(users) >= FOLDS  # with fewer users some folds would be empty
    groups = np.array([(by_user and row["user"]) or row["group"] or row["id"] for row in rows])
    return LabelledDataset(
        name=f"{corpus.name}, {label}",
        texts=[long for long, _ in both],
        supports=[short for _, short in both],
        images=[_path(corpus, row["image"]) for row in rows],
        audios=[_path(corpus, row["audio"]) for row in rows],
        labels=labels,
        classes=classes,
        folds=grouped_folds(groups, labels),
        groups=groups,
        tested=np.ones(len(rows), dtype=bool),
        note=f"posts of {corpus.name}, label {label}: {', '.join(classes)}; "
        + ("posts of one user are on one side" if by_user else "near-duplicates are on one side"),
        ids=tuple(row["id"] for row in rows),
    )


def row_keys(corpus: Corpus, row: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys of a row of the table of posts, see `post_keys`."""
    files = (_path(corpus, row["image"]), _path(corpus, row["audio"]))
    return post_keys((row["text"], row["title"]), files)


def _rows(corpus: Corpus) -> list[dict[str, Any]]:
    posts = corpus.table(list(COLUMNS)).to_pylist()
    for row in posts:
        row["labels"] = label_values(row["labels"])
    return sorted(posts, key=lambda row: str(row["id"]))


def _path(corpus: Corpus, name: str | None) -> Any:
    if not name:
        return None
    try:
        return corpus.media_path(name)
    except KindredError:
        return None  # as if the post had no such file
