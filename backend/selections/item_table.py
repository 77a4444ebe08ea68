"""All posts or all users of a corpus, with what profiles need; read once."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse

from backend.core.lru import LRU
from backend.core.shared_property import shared_property
from backend.corpus import Corpus
from backend.domain import EMOTIONS_AND_POSITIVE, Kind, Modality
from backend.maps import Column, columns, graph
from backend.maps.labels import Terms, tags_of, words_of


class ItemTable:
    """The posts or the users of a corpus, in the order of their ids.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind
        `Kind.POST` or `Kind.USER`.
    posts : ItemTable, optional
        The posts of the corpus; needed for users.
    """

    def __init__(
        self, corpus: Corpus, bundle: str, kind: Kind, posts: ItemTable | None = None
    ) -> None:
        # Texts, tags and vectors are read later, and must be those of the same posts.
        self.corpus: Corpus = corpus.snapshot() if posts is None else posts.corpus
        self.bundle, self.kind = bundle, kind
        self.posts = posts or self
        if kind is Kind.POST:
            needed = ["id", "user", "group", *(m.value for m in Modality)]
            self.table = self.corpus.table(needed).sort_by("id").to_pandas()
            ids = self.table["id"]
        else:
            ids = pd.Series(sorted(self.posts.table["user"].dropna().unique()), dtype=object)
        self.ids = ids.to_numpy(dtype=object)
        self.index = pd.Index(self.ids)
        self._columns: LRU[str, Column] = LRU()

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, ids: tuple[str, ...]) -> np.ndarray:
        """Return the positions of known ids, ascending."""
        rows = self.index.get_indexer(pd.Index(list(ids), dtype=object))
        return np.unique(rows[rows >= 0])

    def column(self, name: str) -> Column:
        """Return a column of maps, aligned with the ids."""
        read = partial(columns.column, self.kind, self.ids, self.corpus, self.bundle, name)
        return self._columns.get_or_make(name, read)

    @shared_property
    def owners(self) -> np.ndarray:
        """Position of the item of each post, -1 for none; ``(posts,)`` int."""
        if self.kind is Kind.POST:
            return np.arange(len(self))
        return self.index.get_indexer(pd.Index(self.posts.table["user"]))

    @shared_property
    def affect(self) -> np.ndarray:
        """Probabilities of the eight emotions and of being positive, ``(n, 9)`` float32."""
        return np.stack([self.column(name).values for name in EMOTIONS_AND_POSITIVE], axis=1)

    @shared_property
    def modalities(self) -> np.ndarray:
        """Whether each item has text, image and audio, ``(n, 3)`` bool."""
        present = self.posts.table[[m.value for m in Modality]].notna().to_numpy()
        return self._gathered(sparse.csr_matrix(present.astype(np.float32))).toarray() > 0

    @shared_property
    def words(self) -> Terms:
        """Words of texts and titles, one row for each item."""
        return self._terms("words")

    @shared_property
    def tags(self) -> Terms:
        """Tags, one row for each item."""
        return self._terms("tags")

    @shared_property
    def vectors(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the posts that have a joint vector, and the centred vectors."""
        ids, raw = self.corpus.vectors(self.bundle, Kind.POST)
        if not len(ids):
            return np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32)
        rows = self.posts.index.get_indexer(pd.Index(ids))
        return rows[rows >= 0], graph.centred(raw)[rows >= 0]

    @shared_property
    def image_mean(self) -> np.ndarray:
        """Mean joint vector of all images, ``(dim,)`` float32."""
        return self.corpus.vectors(self.bundle, Kind.IMAGE)[1].mean(axis=0)

    def _terms(self, which: str) -> Terms:
        if self.kind is Kind.USER:
            base: Terms = getattr(self.posts, which)
            return Terms.of(base.names, self._gathered(base.matrix))
        if which == "tags":
            table = self.corpus.table(["id", "tags"]).sort_by("id")
            terms_of_posts = [tags_of(tags) for tags in table["tags"].to_pylist()]
        else:
            columns = ["text", "title", "language", "written", "said"]
            table = self.corpus.table(["id", *columns]).sort_by("id")
            lists = [table[name].to_pylist() for name in columns]
            terms_of_posts = [words_of(*row) for row in zip(*lists, strict=True)]
        return Terms(terms_of_posts, least=2)

    def _gathered(self, of_posts: sparse.csr_matrix) -> sparse.csr_matrix:
        """Aggregate rows of posts to rows of items: 1 when any post of the item has 1."""
        if self.kind is Kind.POST:
            return of_posts
        owned = np.flatnonzero(self.owners >= 0)
        ones = np.ones(len(owned), dtype=np.float32)
        gather = sparse.csr_matrix(
            (ones, (self.owners[owned], owned)), shape=(len(self), len(self.owners))
        )
        of_items = (gather @ of_posts).tocsr()
        of_items.data = np.minimum(of_items.data, 1.0)
        return of_items
