"""Columns to colour a map by: a value for each point."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pandas as pd

from backend.corpus import Corpus, label_numbers
from backend.corpus.bulk_commit import REACTIONS
from backend.corpus.model_outputs import strongest
from backend.domain import EMOTIONS, EMOTIONS_AND_NEUTRAL, SENTIMENTS, Kind, KindredError, Modality
from backend.maps.types import Column, Map

_MAX_CATEGORIES = 60
LABEL = "label: "
_BASE = ("emotion", "sentiment", "positive", "source", "language", "modalities", "year")


def names(kind: Kind, corpus: Corpus) -> list[str]:
    """Name the columns that every corpus has, and those of its own labels.

    Parameters
    ----------
    kind : Kind
        `Kind.USER` or `Kind.POST`.
    corpus : Corpus

    Returns
    -------
    list of str
        ``positive`` is the probability of positive sentiment, ``reactions`` how many stored
        reactions a post has. For users, a value is the most frequent one of their posts, or
        the mean.
    """
    counted = ["posts"] if kind is Kind.USER else []
    reactions = corpus.side_table(REACTIONS)
    counted += ["reactions"] if reactions is not None and len(reactions) else []
    return [*_BASE, *counted, *EMOTIONS, *_label_names(corpus)]


def of_levels(map_: Map) -> dict[str, Column]:
    """Return a column for each level of clusters; ``cluster`` is the medium level.

    Returns
    -------
    dict of str to Column
        The medium level first.
    """
    columns = {}
    for level in sorted(map_.levels, key=lambda level: level.name != "medium"):
        name = cluster_column(level.name)
        columns[name] = Column(name, level.labels, tuple(c.label for c in level.clusters))
    return columns


def cluster_column(level: str) -> str:
    """Return the name of the column that holds the clusters of a level.

    Examples
    --------
    >>> cluster_column("medium"), cluster_column("fine")
    ('cluster', 'cluster (fine)')
    """
    return "cluster" if level == "medium" else f"cluster ({level})"


def column(kind: Kind, ids: np.ndarray, corpus: Corpus, bundle: str, name: str) -> Column:
    """Compute one column, aligned with ids.

    Parameters
    ----------
    kind : Kind
    ids : numpy.ndarray
        ``(n,)`` of posts or users.
    corpus : Corpus
    bundle : str
    name : str

    Raises
    ------
    KindredError
        ``no_column``.
    """
    if name not in (known := names(kind, corpus)):
        message = f"There is no column {name!r}; choose from {', '.join(known)}."
        raise KindredError("no_column", message)
    index = pd.Index(ids)
    if name == "posts":
        counts = corpus.table(["user"])["user"].to_pandas().value_counts()
        return _numbers(name, counts.reindex(index))
    if name == "reactions":
        return _numbers(name, _reactions(kind, corpus).reindex(index))
    if name in ("emotion", "sentiment", "positive", *EMOTIONS):
        return _affect(kind, index, corpus, bundle, name)
    return _from_posts(kind, index, corpus, name)


def _label_names(corpus: Corpus) -> list[str]:
    """Name the labels to colour by: numbers, and those with few enough values."""
    values: dict[str, set[str]] = {}
    for raw in set(corpus.table(["labels"])["labels"].to_pylist()):
        for key, value in json.loads(raw or "{}").items():
            values.setdefault(key, set()).add(str(value))
    return [
        f"{LABEL}{k}"
        for k, v in sorted(values.items())
        if len(v) > 1 and (len(v) <= _MAX_CATEGORIES or label_numbers.are_numbers(k, v))
    ]


def _reactions(kind: Kind, corpus: Corpus) -> pd.Series:
    """Count the reactions to each post, or return their mean over the posts of each user."""
    reactions = corpus.side_table(REACTIONS)
    assert reactions is not None, "only named where there are some"
    rows = corpus.table(["id", "user"]).to_pandas().set_index("id")
    counts = reactions["post"].to_pandas().value_counts().reindex(rows.index, fill_value=0)
    return counts if kind is Kind.POST else counts.groupby(rows["user"]).mean()


def _affect(kind: Kind, index: pd.Index, corpus: Corpus, bundle: str, name: str) -> Column:
    rows = corpus.predictions(bundle).to_pandas().set_index("id")
    every = EMOTIONS_AND_NEUTRAL
    numbers = rows[[*every, "positive"]].astype("float32")
    if kind is Kind.USER:
        users = corpus.table(["id", "user"]).to_pandas().set_index("id")["user"]
        numbers = numbers.groupby(users.reindex(numbers.index)).mean()
    numbers = numbers.reindex(index)
    if name == "emotion":
        probabilities = numbers[list(every)].to_numpy()
        filled = np.nan_to_num(probabilities)
        # A post gets the emotion that its card shows; means of posts are always weak.
        best = filled.argmax(axis=1) if kind is Kind.USER else strongest(filled)
        codes = np.where(np.isnan(probabilities).any(axis=1), -1, best)
        return Column(name, codes.astype(np.int32), every)
    if name == "sentiment":
        if kind is Kind.USER:
            users = corpus.table(["id", "user"]).to_pandas().set_index("id")["user"]
            labels = _most_frequent(rows["label"], users.reindex(rows.index))
        else:
            labels = rows["label"]
        return _coded(name, labels.reindex(index), SENTIMENTS)
    return _numbers(name, numbers[name])


def _from_posts(kind: Kind, index: pd.Index, corpus: Corpus, name: str) -> Column:
    owner = "user" if kind is Kind.USER else "id"
    needed = {"modalities": ["text", "image", "audio"], "year": ["time"]}.get(name, [name])
    if name.startswith(LABEL):
        needed = ["labels"]
    columns = list(dict.fromkeys(["id", "user", *needed]))
    rows = corpus.table(columns).to_pandas()
    values: pd.Series
    if name == "modalities":
        present = [rows[m.value].notna().map({True: m.value, False: ""}) for m in Modality]
        values = pd.Series(
            ["+".join(filter(None, parts)) for parts in zip(*present, strict=True)], rows.index
        )
    elif name == "year":
        years = rows["time"].dt.year
        latest = years.groupby(rows[owner]).max()
        return _numbers(name, latest.reindex(index))
    elif name.startswith(LABEL):
        key = name.removeprefix(LABEL)
        numbers = _label_numbers(corpus, rows[owner], key)
        if numbers is not None:
            return _numbers(name, numbers.reindex(index))
        values = rows["labels"].map(lambda raw: json.loads(raw or "{}").get(key))
    else:
        values = rows[name]
    values = _most_frequent(values, rows[owner])
    return _coded(name, values.reindex(index))


def _label_numbers(corpus: Corpus, owners: pd.Series, key: str) -> pd.Series | None:
    """Return the mean of a label that is a number, by owner; None for one that is not."""
    if key not in label_numbers.names(corpus):
        return None
    labels = corpus.table(["id", "user", "labels"])["labels"]
    return pd.Series(label_numbers.numbers(labels, key)).groupby(owners.to_numpy()).mean()


def _most_frequent(values: pd.Series, owners: pd.Series) -> pd.Series:
    """Return the most frequent value of each owner."""
    present = values.notna() & owners.notna()
    frame = pd.DataFrame({"owner": owners[present], "value": values[present]})
    if frame["owner"].is_unique:
        return frame.set_index("owner")["value"]
    counts = frame.value_counts().reset_index(name="count")
    counts = counts.sort_values(["count", "value"], ascending=[False, True])
    return counts.drop_duplicates("owner").set_index("owner")["value"]


def _numbers(name: str, values: pd.Series) -> Column:
    return Column(name, values.to_numpy(dtype=np.float32, na_value=np.nan))


def _coded(name: str, values: pd.Series, order: tuple[str, ...] | None = None) -> Column:
    """Return a column of categories, sorted by frequency unless an order is given."""
    counts = Counter(values.dropna())
    categories = order or tuple(sorted(counts, key=lambda v: (-counts[v], v)))
    coded = pd.Categorical(values, categories=list(categories))
    return Column(name, np.asarray(coded.codes, dtype=np.int32), tuple(categories))
