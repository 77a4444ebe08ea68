"""Selections of a workspace: profile, members, compare, save, export, search."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.corpus.encodings import best_bundle
from backend.domain import Kind, KindredError, Selection
from backend.maps import Column
from backend.search import Filter, Query, SearchResult
from backend.selections import export as exporting
from backend.selections import profiles
from backend.selections.item_table import ItemTable
from backend.selections.saved import SavedSelections
from backend.selections.types import Comparison, Profile
from backend.settings import settings
from backend.workspace.context import WorkspaceContext
from backend.workspace.corpora import side_uid

_CACHED = 4  # corpora whose posts and users are cached


class Selections:
    """Operations on an explicit set of posts or users."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._item_tables: LRU[tuple, ItemTable] = LRU(2 * _CACHED)

    def of(
        self, kind: Kind, ids: Sequence[str], origin: str, corpus: str | None = None
    ) -> Selection:
        """Make a selection of ids."""
        return Selection(kind, tuple(ids), origin, self._context.corpus(corpus).name)

    def where(self, filters: Filter, kind: Kind, corpus: str | None = None) -> Selection:
        """Select the posts that pass a filter, or the users with such a post."""
        opened = self._context.corpus(corpus)
        ids = self._context.searcher(corpus).allowed(filters)[kind]
        conditions = ", ".join(f"{key}: {value}" for key, value in filters.to_params().items())
        return Selection(kind, tuple(sorted(ids)), f"filter {conditions}", opened.name)

    def profile(self, selection: Selection) -> Profile:
        """Describe a selection, compared with the rest of its corpus.

        Raises
        ------
        KindredError
            ``empty_selection`` when the corpus has none of its ids.
        """
        items, rows = self._rows(selection)
        rest = np.setdiff1d(np.arange(len(items)), rows, assume_unique=True)
        against = f"the rest of {selection.corpus}"
        cluster = self._cluster(items, selection.corpus)
        return profiles.profile(selection, items, rows, rest, against=against, cluster=cluster)

    def compare(self, one: Selection, two: Selection) -> Comparison:
        """Compare two selections of one kind and corpus with each other.

        Raises
        ------
        KindredError
            ``not_comparable``, also when one is part of the other.
        """
        if (one.kind, one.corpus) != (two.kind, two.corpus):
            message = "Choose two selections of one corpus, both of posts or both of users."
            raise KindredError("not_comparable", message)
        items, left = self._rows(one)
        _, right = self._rows(two)
        common = np.intersect1d(left, right)
        exclusive = np.setdiff1d(left, right), np.setdiff1d(right, left)
        if not len(exclusive[0]) or not len(exclusive[1]):
            message = "One selection is part of the other; there is nothing to compare."
            raise KindredError("not_comparable", message)
        cluster = self._cluster(items, one.corpus)
        names = _title(one), _title(two)

        def profile(i: int) -> Profile:
            selection, inside, outside = (one, two)[i], exclusive[i], exclusive[1 - i]
            against = names[1 - i]
            return profiles.profile(
                selection, items, inside, outside, against=against, cluster=cluster
            )

        similarity = profiles.similarity(items, *exclusive)
        return Comparison(profile(0), profile(1), len(common), similarity)

    def members(self, selection: Selection, offset: int = 0, limit: int = 50) -> pa.Table:
        """Return a page of the members of a selection, in its order, as `exporting.table`."""
        items = self.item_table(selection.kind, selection.corpus)
        present = [id_ for id_ in selection.ids if id_ in items.index]
        rows = items.index.get_indexer(present[offset : offset + limit])
        return exporting.table(items, rows, self._cluster(items, selection.corpus))

    def posts_of(self, selection: Selection) -> tuple[str, ...]:
        """Return the ids of the posts in a selection, or by the users in it."""
        items, rows = self._rows(selection)
        return tuple(items.posts.ids[profiles.post_rows(items, rows)].tolist())

    def search(
        self,
        selection: Selection,
        query: Query | str,
        targets: Sequence[Kind] = (Kind.POST,),
        k: int = 10,
        filters: Filter | None = None,
        *,
        distinct: bool = True,
    ) -> SearchResult:
        """Search within a selection; percentiles refer to its own candidates."""
        within = replace(filters or Filter(), posts=self.posts_of(selection))
        where = selection.corpus
        return self._context.search(query, targets, k, within, where, distinct=distinct)

    def warm(self, corpus: str | None = None) -> None:
        """Start reading what every profile needs, in the background."""
        threading.Thread(target=self._warm, args=(corpus,), daemon=True).start()

    def _warm(self, corpus: str | None) -> None:
        try:
            for kind in (Kind.POST, Kind.USER):
                items = self.item_table(kind, corpus)
                _ = items.affect, items.tags, items.words, items.modalities, items.vectors
        except KindredError:
            return  # the next profile raises the same error

    # ---- saved selections

    def save(self, selection: Selection, name: str) -> Selection:
        """Save a selection under a name; replace one of the same name."""
        named = replace(selection, name=" ".join(name.split()))
        if settings().demo:
            self._context.visitor_memory.write().save(named)
        else:
            self._saved(named.corpus).save(named)
        return named

    def _saved(self, corpus: str) -> SavedSelections:
        uid = side_uid(self._context.corpus(corpus))
        return SavedSelections(self._context.home / "selections", uid)

    def names(self, corpus: str | None = None) -> list[str]:
        """List the names of the selections saved for a corpus."""
        where = self._context.corpus(corpus).name
        own = {name for in_, name in self._own() if in_ == where}
        return sorted(own.union(self._saved(where).names(where)), key=lambda n: (n.lower(), n))

    def open(self, name: str, corpus: str | None = None) -> Selection:
        """Read a saved selection.

        Raises
        ------
        KindredError
            ``no_selection``, with the known names.
        """
        where = self._context.corpus(corpus).name
        return self._own().get((where, name)) or self._saved(where).open(name, where)

    def delete(self, name: str, corpus: str | None = None) -> None:
        """Delete a saved selection."""
        where = self._context.corpus(corpus).name
        if self._own().pop((where, name), None) is None:
            self._saved(where).delete(name, where)

    def damaged(self, corpus: str | None = None) -> list[Path]:
        """List the files of saved selections that cannot be read."""
        where = self._context.corpus(corpus).name
        return self._saved(where).damaged(where)

    def _own(self) -> dict[tuple[str, str], Selection]:
        """What the visitor of a demo saved, by corpus and name."""
        return self._context.visitor_memory.read().selections if settings().demo else {}

    def export(self, selection: Selection, form: str = "csv") -> bytes:
        """Export a selection as a file: ids, names, authors, texts, predictions.

        Raises
        ------
        KindredError
            ``format`` unless `form` is ``csv``, ``json`` or ``parquet``.
        """
        table = self.members(selection, limit=len(selection))
        return exporting.as_bytes(table, selection, form)

    # ---- posts and users

    def item_table(self, kind: Kind, corpus: str | None = None) -> ItemTable:
        """Return all posts or users of a corpus."""
        return self._item_table(kind, self._context.corpus(corpus).snapshot())

    def _item_table(self, kind: Kind, corpus: Corpus) -> ItemTable:
        bundle = best_bundle(corpus, self._context.bundle.name)

        def read() -> ItemTable:
            posts = self._item_table(Kind.POST, corpus) if kind is Kind.USER else None
            return ItemTable(corpus, bundle, kind, posts)

        return self._item_tables.get_or_make((corpus.uri, corpus.version, bundle, kind), read)

    def _rows(self, selection: Selection) -> tuple[ItemTable, np.ndarray]:
        items = self.item_table(selection.kind, selection.corpus)
        rows = items.rows(selection.ids)
        if not len(rows):
            raise KindredError(
                "empty_selection",
                f"The corpus {selection.corpus} has none of the {len(selection)} "
                f"{selection.kind}s of this selection.",
            )
        return items, rows

    def _cluster(self, items: ItemTable, corpus: str) -> Column | None:
        try:
            return self._column(items, corpus, "cluster")
        except KindredError as error:
            if error.code == "no_map":
                return None
            raise

    def _column(self, items: ItemTable, corpus: str, name: str) -> Column:
        """Return a column of the map in the order of the items."""
        if not name.startswith("cluster"):
            return items.column(name)
        column = self._context.maps.column(items.kind, name, corpus)
        ids = self._context.maps.map(items.kind, corpus).ids
        values = np.full(len(items), -1, dtype=np.int32)
        rows = items.index.get_indexer(ids)
        values[rows[rows >= 0]] = column.values[rows >= 0]
        return Column(column.name, values, column.categories)


def _title(selection: Selection) -> str:
    return selection.name or selection.origin
