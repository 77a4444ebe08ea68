"""What is predicted of posts and their users, for queries that name an emotion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.domain import EMOTIONS_AND_POSITIVE

# Of a corpus so small, all predictions are kept, about 200 bytes a post: to find those of 200
# posts in the table takes as long as half of an encoding.
_KEPT = 100_000
_CORPORA = 4

Predicted = tuple[dict[str, int], np.ndarray]  # rows by id; (n, 9), in the order of the names
_kept: LRU[tuple[str, str, str], Predicted] = LRU(_CORPORA)
_kept_users: LRU[tuple[str, str, str], Predicted] = LRU(_CORPORA)


def predicted(corpus: Corpus, bundle: str, emotion: str, ids: Sequence[str]) -> np.ndarray:
    """Return the probabilities of an emotion and of positive sentiment, ``(2, n)``.

    NaN where there is no prediction.
    """
    if corpus.info().posts > _KEPT:
        rows, values = _read(corpus.predictions(bundle, list(ids)))
    else:
        rows, values = _of_posts(corpus, bundle)
    return _columns(rows, values, emotion, ids)


def predicted_of_users(
    corpus: Corpus, bundle: str, emotion: str, ids: Sequence[str]
) -> np.ndarray | None:
    """As `predicted`, the mean over the posts of each user; None for a large corpus."""
    if corpus.info().posts > _KEPT:
        return None
    corpus = corpus.snapshot()
    key = corpus.uri, bundle, corpus.version
    rows, values = _kept_users.get_or_make(key, lambda: _means(corpus, bundle))
    return _columns(rows, values, emotion, ids)


def _of_posts(corpus: Corpus, bundle: str) -> Predicted:
    key = corpus.uri, bundle, corpus.version
    return _kept.get_or_make(key, lambda: _read(corpus.predictions(bundle)))


def _means(corpus: Corpus, bundle: str) -> Predicted:
    rows, values = _of_posts(corpus, bundle)
    posts = corpus.table(["id", "user"])
    pairs = zip(posts["id"].to_pylist(), posts["user"].to_pylist(), strict=True)
    known = [(rows[id_], user) for id_, user in pairs if user and id_ in rows]
    users = {user: row for row, user in enumerate(dict.fromkeys(user for _, user in known))}
    owners = np.array([users[user] for _, user in known], dtype=np.int64)
    sums = np.zeros((len(users), values.shape[1]))
    np.add.at(sums, owners, values[[row for row, _ in known]])
    return users, sums / np.bincount(owners, minlength=len(users))[:, None]


def _columns(
    rows: dict[str, int], values: np.ndarray, emotion: str, ids: Sequence[str]
) -> np.ndarray:
    columns = np.array([EMOTIONS_AND_POSITIVE.index(name) for name in (emotion, "positive")])
    places = np.array([rows.get(id_, -1) for id_ in ids], dtype=np.int64)
    known = places >= 0
    found = np.full((2, len(ids)), np.nan)
    found[:, known] = values[np.ix_(places[known], columns)].T
    return found


def _read(table: pa.Table) -> Predicted:
    rows = {id_: row for row, id_ in enumerate(table["id"].to_pylist())}
    columns = [table[name].to_numpy() for name in EMOTIONS_AND_POSITIVE]
    return rows, np.stack(columns, axis=1).astype(np.float32)
