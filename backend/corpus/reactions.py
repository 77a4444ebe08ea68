"""Reactions as a corpus keeps them: which of its posts each is to, and how much it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus.model_outputs import REACTIONS

if TYPE_CHECKING:
    from scipy import sparse

    from backend.corpus.corpus import Corpus

KINDS = ("reply", "share", "like", "quote", "mention")
# How much a reaction says of the one who reacts: a like costs least. A mention names a user
# and is no reaction to a post.
WEIGHTS = {"reply": 1.0, "share": 1.0, "quote": 1.0, "like": 0.5}


def posts_reacted_to(corpus: Corpus, table: pa.Table) -> pa.Array:
    """Return the row of the post in the corpus that each reaction is to; null for none."""
    posts = corpus.table(["id", "url", "original"])
    found = pc.index_in(table["post"], value_set=posts["id"].combine_chunks())
    for column in ("url", "original"):  # some exports name a post by its address
        if pc.all(pc.is_valid(found)).as_py():
            break
        found = pc.coalesce(
            found, pc.index_in(table["post"], posts[column].combine_chunks(), skip_nulls=True)
        )
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


@dataclass(frozen=True, slots=True, eq=False)
class Reacted:
    """The reactions of a corpus.

    Attributes
    ----------
    table : pyarrow.Table
        ``user``, ``post`` and ``kind``, as they came.
    row : pyarrow.Array
        Of the post that each is to, see `posts_reacted_to`.
    """

    table: pa.Table
    row: pa.Array


def reacted(corpus: Corpus) -> Reacted | None:
    """Read the reactions of a corpus; None where there are none."""
    table = corpus.side_table(REACTIONS)
    if table is None or not len(table):
        return None
    return Reacted(table, posts_reacted_to(corpus, table))


def to_posts(corpus: Corpus) -> pa.Table | None:
    """Return the reactions to posts of the corpus; None where there are none.

    Returns
    -------
    pyarrow.Table or None
        ``user``, ``post`` (an id of the corpus) and ``kind``, a key of `WEIGHTS`.
    """
    table = corpus.side_table(REACTIONS)
    if table is None:
        return None
    table = table.filter(pc.is_in(table["kind"], value_set=pa.array(WEIGHTS)))
    ids = corpus.table(["id"])["id"].combine_chunks().take(posts_reacted_to(corpus, table))
    table = table.set_column(table.column_names.index("post"), "post", ids)
    table = table.filter(pc.is_valid(table["post"]))
    return table if len(table) else None


def weights(table: pa.Table, posts: Sequence[str], users: Sequence[str]) -> sparse.csr_matrix:
    """Return how much each user reacted to each post, by the reaction that says most.

    Parameters
    ----------
    table : pyarrow.Table
        Of `to_posts`.
    posts, users : sequence of str
        Ids; reactions to other posts and by others are left out.

    Returns
    -------
    scipy.sparse.csr_matrix
        ``(posts, users)`` float32 of `WEIGHTS`.
    """
    from scipy import sparse

    row = pc.index_in(table["post"], value_set=pa.array(posts, pa.string()))
    column = pc.index_in(table["user"], value_set=pa.array(users, pa.string()))
    known = pc.and_(pc.is_valid(row), pc.is_valid(column))
    rows, columns = (x.filter(known).to_numpy().astype(np.int64) for x in (row, column))
    value = np.array([WEIGHTS[kind] for kind in table["kind"].filter(known).to_pylist()])
    keys, place = np.unique(rows * max(len(users), 1) + columns, return_inverse=True)
    most = np.zeros(len(keys), dtype=np.float32)
    np.maximum.at(most, place, value.astype(np.float32))
    where = (keys // max(len(users), 1), keys % max(len(users), 1))
    return sparse.csr_matrix((most, where), shape=(len(posts), len(users)), dtype=np.float32)
