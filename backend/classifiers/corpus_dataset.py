"""A corpus with a label as `LabelledDataset`: what `train` learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backend.classifiers.dataset import FOLDS, LabelledDataset, encode_labels, grouped_folds
from backend.classifiers.label_columns import labels_of
from backend.corpus.schema import label_values
from backend.domain import KindredError
from backend.word_spaces.vocabulary import parts

if TYPE_CHECKING:
    from backend.corpus import Corpus

COLUMNS = ("id", "user", "text", "title", "image", "audio", "group", "labels")


def read(corpus: Corpus, label: str | None = None) -> LabelledDataset:
    """Posts of a corpus that have a label.

    Posts of one user stay on one side of a split; where there are fewer users than
    `FOLDS`, only near-duplicates do. A class that fewer than `FOLDS` posts have is left
    out, with its posts.

    Parameters
    ----------
    corpus : Corpus
    label : str, optional
        Its name; the first of `labels_of` when not given.

    Returns
    -------
    LabelledDataset

    Raises
    ------
    KindredError
        ``no_label`` when no post has it, ``few_labels`` when too few do.
    """
    known = {info.name: info for info in labels_of(corpus)}
    label = label or next(iter(known), None)
    if label is None or label not in known:
        told = f"There are: {', '.join(known)}." if known else "No post of it has a label."
        raise KindredError("no_label", f"{corpus.name} has no label {label!r}. {told}")
    if problem := known[label].problem:
        raise KindredError("few_labels", problem)
    rows = [row for row in _rows(corpus) if row["labels"].get(label) in known[label].classes]
    labels, classes = encode_labels([row["labels"][label] for row in rows])
    both = [parts([row["text"] or "", row["title"] or ""]) for row in rows]
    users = {row["user"] for row in rows} - {None}
    held = len(users) >= FOLDS  # with fewer there would be nobody to test on
    groups = np.array([(held and row["user"]) or row["group"] or row["id"] for row in rows])
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
        + ("posts of one user are on one side" if held else "near-duplicates are on one side"),
        ids=tuple(row["id"] for row in rows),
    )


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
        return None  # counted as missing, like a post without it
