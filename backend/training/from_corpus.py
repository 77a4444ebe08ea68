"""A corpus with a label as `Labelled`: what `train` learns from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.models.words import parts
from backend.posts import KindredError
from backend.training.labelled import FOLDS, Labelled, coded, grouped_folds

if TYPE_CHECKING:
    from backend.corpus import Corpus

COLUMNS = ("id", "user", "text", "title", "image", "audio", "group", "labels")


def read(corpus: Corpus, label: str | None = None) -> Labelled:
    """Posts of a corpus that have a label.

    Posts of one user, or of one near-duplicate group, stay on one side of a split.
    A label that fewer than `FOLDS` posts have is left out, with its posts.

    Parameters
    ----------
    corpus : Corpus
    label : str, optional
        Its name; the first that posts have when not given.

    Returns
    -------
    Labelled

    Raises
    ------
    KindredError
        ``no_label`` when no post has it, ``few_labels`` when too few do.
    """
    rows = _rows(corpus)
    names = sorted({name for row in rows for name in row["labels"]})
    label = label or (names[0] if names else None)
    if label is None or label not in names:
        known = f"There are: {', '.join(names)}." if names else "No post of it has a label."
        raise KindredError("no_label", f"{corpus.name} has no label {label!r}. {known}")
    rows = [row for row in rows if row["labels"].get(label)]
    values, counts = np.unique([row["labels"][label] for row in rows], return_counts=True)
    kept = set(values[counts >= FOLDS])
    rows = [row for row in rows if row["labels"][label] in kept]
    labels, classes = coded([row["labels"][label] for row in rows])
    both = [parts([row["text"] or "", row["title"] or ""]) for row in rows]
    groups = np.array([row["user"] or row["group"] or row["id"] for row in rows])
    return Labelled(
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
        "posts of one user are on one side",
    )


def _rows(corpus: Corpus) -> list[dict[str, Any]]:
    posts = corpus.table(list(COLUMNS)).to_pylist()
    for row in posts:
        row["labels"] = json.loads(row["labels"] or "{}")
    return sorted(posts, key=lambda row: str(row["id"]))


def _path(corpus: Corpus, name: str | None) -> Any:
    if not name:
        return None
    try:
        return corpus.media_path(name)
    except KindredError:
        return None  # counted as missing, like a post without it
