"""Count the reactions between the users of a corpus."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import Corpus
from backend.corpus.reactions import KINDS, Reacted, reacted
from backend.domain import KindredError


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Users and how often they react to each other.

    Attributes
    ----------
    users : numpy.ndarray
        ``(n,)`` str: ids of the users who react to others or are reacted to, sorted.
    pairs : numpy.ndarray
        ``(m, 2)`` int64: who reacted to whom, as indices of `users`; each pair once.
    weights : numpy.ndarray
        ``(m,)`` how often.
    counts : mapping of str to int
        All reactions by kind, whoever they are to.
    outside : int
        Reactions to posts or users that are not in the corpus.
    own : int
        Reactions of users to their own posts, which are no links.
    """

    users: np.ndarray
    pairs: np.ndarray
    weights: np.ndarray
    counts: Mapping[str, int]
    outside: int
    own: int

    def between(self, user: str, others: Sequence[str]) -> dict[str, int]:
        """Count the reactions of a user to others, and of others to the user."""
        counts = np.zeros(len(self.users), dtype=np.int64)
        for mine, theirs in ((0, 1), (1, 0)):
            rows = np.flatnonzero(self.users[self.pairs[:, mine]] == user)
            np.add.at(counts, self.pairs[rows, theirs], self.weights[rows])
        found = dict(zip(self.users, counts.tolist(), strict=True))
        return {other: found.get(other, 0) for other in others}


def network(
    corpus: Corpus, kinds: Collection[str] = KINDS, found: Reacted | None = None
) -> Network:
    """Count the reactions of some kinds between users.

    Parameters
    ----------
    corpus : Corpus
    kinds : collection of str
    found : Reacted, optional
        The reactions of the corpus, if they were read before.

    Raises
    ------
    KindredError
        ``no_reactions`` where the posts came without any.
    """
    found = found or reacted(corpus)
    if found is None:
        raise KindredError(
            "no_reactions",
            "The posts of this corpus came without reactions. Exports of X, Mastodon, Bluesky, "
            "Reddit, Telegram, Discord, YouTube and others carry replies, shares or mentions. So "
            "does a table with users whose texts name others (@anna), or with a column of the ids "
            "of the posts that are answered. Import one of these.",
        )
    table, row = found.table, found.row
    counted = table["kind"].value_counts().to_pylist()
    counts = {one["values"]: one["counts"] for one in counted}
    if not counts.keys() <= set(kinds):
        wanted = pc.is_in(table["kind"], value_set=pa.array(list(kinds), pa.string()))
        table, row = table.filter(wanted), row.filter(wanted.combine_chunks())
    to = _to(corpus, table, row)
    known = pc.is_valid(to)
    by, to = table["user"].filter(known).combine_chunks(), to.filter(known)
    names = pc.unique(pa.concat_arrays([by, to]))
    names = names.take(pc.array_sort_indices(names))
    one = pc.index_in(by, names).to_numpy(zero_copy_only=False).astype(np.int64)
    other = pc.index_in(to, names).to_numpy(zero_copy_only=False).astype(np.int64)
    apart = one != other
    keys, weights = np.unique(one[apart] * len(names) + other[apart], return_counts=True)
    pairs = np.stack([keys // max(len(names), 1), keys % max(len(names), 1)], axis=1)
    return Network(
        users=np.asarray(names.to_pylist(), dtype=object),
        pairs=pairs,
        weights=weights,
        counts={kind: counts[kind] for kind in KINDS if kind in counts},
        outside=len(table) - len(by),
        own=int((~apart).sum()),
    )


def _to(corpus: Corpus, table: pa.Table, row: pa.Array) -> pa.Array:
    """Return the user whom each reaction is to; null for one who is not in the corpus."""
    authors = corpus.table(["user"])["user"].combine_chunks()
    of_post = authors.take(row)
    mentioned = pc.equal(table["kind"], "mention").combine_chunks()
    if not pc.any(mentioned).as_py():
        return of_post
    name = pc.utf8_lower(pc.utf8_ltrim(table["post"], characters="@")).combine_chunks()
    users = list(corpus.user_names().items())
    handle = [id_.rpartition(":")[2].casefold() for id_, _ in users]
    called = [shown.lstrip("@").casefold() for _, shown in users]
    ids = pa.array([id_ for id_, _ in users], pa.string())
    found = pc.coalesce(
        pc.index_in(name, value_set=pa.array(handle, pa.string())),
        pc.index_in(name, value_set=pa.array(called, pa.string())),
    )
    return pc.if_else(mentioned, ids.take(found), of_post)
