"""The reactions between the users of the corpora of a workspace, counted and cached."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.domain import Kind, KindredError
from backend.workspace.context import WorkspaceContext, corpus_key

if TYPE_CHECKING:
    from backend.corpus.reactions import Reacted
    from backend.reactions.by_emotion import EmotionReactions
    from backend.reactions.communities import Communities
    from backend.reactions.network import Network

_CACHED, _READ = 16, 2
DESCRIBED = 48  # communities that get a name, the largest
POSTS, MOST, FEWEST = 1_600, 200, 40  # that are read for their words: of all, and of each


@dataclass(frozen=True, slots=True, eq=False)
class ReactionNetwork:
    """A network with its communities, on the map of users.

    Attributes
    ----------
    network : Network
    communities : Communities
    xy : numpy.ndarray
        ``(n, 2)`` float32, where each user lies on the map of users; NaN for those who do not,
        and for all where the corpus has no map.
    clusters : numpy.ndarray
        ``(n,)`` int32 cluster of content of each user; -1 for none.
    cluster_names : tuple of str
    names : tuple of str
        Of the largest communities, by the words that set their posts apart; empty where no
        words do.
    words : tuple of tuple of str
        Those words, the strongest first.
    agreement : float
        Of communities and clusters, see `backend.reactions.communities.agreement`.
    """

    network: Network
    communities: Communities
    xy: np.ndarray
    clusters: np.ndarray
    cluster_names: tuple[str, ...]
    names: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    agreement: float


class Reactions:
    """Who reacts to whom in every corpus of a workspace."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._networks: LRU[tuple, ReactionNetwork] = LRU(_CACHED)
        self._read: LRU[tuple, Reacted | None] = LRU(_READ)
        self._counted: LRU[tuple, Network] = LRU(_CACHED)
        self._by_emotion: LRU[tuple, list[EmotionReactions]] = LRU(_CACHED)

    def network(
        self, corpus: str | None = None, kinds: tuple[str, ...] | None = None
    ) -> ReactionNetwork:
        """Return the network of some kinds of reactions, of all without.

        Raises
        ------
        KindredError
            ``no_reactions``.
        """
        from backend.corpus.reactions import KINDS

        kinds = kinds or KINDS
        key = (*corpus_key(self._context, corpus), kinds)
        return self._networks.get_or_make(key, lambda: self._make(corpus, kinds))

    def between(
        self, user: str, others: Sequence[str], corpus: str | None = None
    ) -> dict[str, int]:
        """Count the reactions of a user to posts of others, and of others to posts of the user."""
        from backend.corpus.reactions import WEIGHTS

        try:
            return self._count(corpus, tuple(WEIGHTS)).between(user, others)
        except KindredError as error:
            if error.code != "no_reactions":
                raise
            return dict.fromkeys(others, 0)

    def _count(self, corpus: str | None, kinds: tuple[str, ...]) -> Network:
        from backend.reactions.network import network

        opened = self._context.corpus(corpus).snapshot()
        key = (opened.uri, opened.version, kinds)
        return self._counted.get_or_make(key, lambda: network(opened, kinds, self._reacted(opened)))

    def _reacted(self, opened: Corpus) -> Reacted | None:
        from backend.corpus.reactions import reacted

        key = (opened.uri, opened.version)
        return self._read.get_or_make(key, lambda: reacted(opened))

    def prepare(self, corpus: str | None = None) -> None:
        """Begin to count for `by_emotion` in another thread, beside what is asked for first."""
        if self._by_emotion.peek(corpus_key(self._context, corpus)) is not None:
            return

        def count() -> None:
            with suppress(KindredError):  # `by_emotion` will say so
                self.by_emotion(corpus)

        Thread(target=copy_context().run, args=(count,), daemon=True).start()

    def by_emotion(self, corpus: str | None = None) -> list[EmotionReactions]:
        """Compare the reactions that posts of each emotion draw."""
        from backend.reactions.by_emotion import reactions_by_emotion

        opened, bundle = self._context.corpus(corpus).snapshot(), self._context.bundle_of(corpus)
        return self._by_emotion.get_or_make(
            corpus_key(self._context, corpus),
            lambda: reactions_by_emotion(opened, bundle, self._reacted(opened)),
        )

    def _make(self, corpus: str | None, kinds: tuple[str, ...]) -> ReactionNetwork:
        from backend.reactions.communities import agreement, communities

        opened = self._context.corpus(corpus).snapshot()
        made = self._count(corpus, kinds)
        found = communities(made)
        called = _names_and_words(opened, made.users, found.labels)
        xy = np.full((len(made.users), 2), np.nan, dtype=np.float32)
        clusters = np.full(len(made.users), -1, dtype=np.int32)
        cluster_names: tuple[str, ...] = ()
        try:
            map_ = self._context.maps.map(Kind.USER, corpus)
        except KindredError as error:
            if error.code != "no_map":
                raise
        else:
            level = map_.level()
            cluster_names = tuple(cluster.label for cluster in level.clusters)
            at = np.searchsorted(map_.ids.astype(str), made.users.astype(str))
            at = np.minimum(at, max(len(map_.ids) - 1, 0))
            there = np.isin(made.users.astype(str), map_.ids.astype(str))
            xy[there], clusters[there] = map_.xy[at[there]], level.labels[at[there]]
        return ReactionNetwork(
            network=made,
            communities=found,
            xy=xy,
            clusters=clusters,
            cluster_names=cluster_names,
            names=tuple(name for name, _ in called),
            words=tuple(words for _, words in called),
            agreement=agreement(found.labels, clusters),
        )


def _names_and_words(
    corpus: Corpus, users: np.ndarray, labels: np.ndarray
) -> list[tuple[str, tuple[str, ...]]]:
    """Return a name of each community and the words behind it, by a sample of its posts."""
    from backend.maps.labels import Terms, words_of
    from backend.maps.naming import name_clusters

    of = pc.index_in(corpus.table(["user"])["user"], value_set=pa.array(users, pa.string()))
    known = pc.fill_null(of, -1).to_numpy()
    community = np.where(known >= 0, labels[known] if len(labels) else -1, -1)
    count = min(int(labels.max(initial=-1)) + 1, DESCRIBED)
    parts = [np.flatnonzero(community == number) for number in range(count)]
    most = min(max(POSTS // max(count, 1), FEWEST), MOST)
    parts = [rows[:: len(rows) // most + 1] for rows in parts]
    if not parts:
        return []
    rows = np.concatenate(parts)
    posts = corpus.table(["text", "title", "language"]).take(rows).to_pylist()
    terms = Terms([words_of(post["text"], post["title"], post["language"]) for post in posts])
    codes = np.repeat(np.arange(count), [len(part) for part in parts])
    return name_clusters(terms, codes, count)
