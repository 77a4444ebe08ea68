"""The part of the facade for selections: profile, members, keep, compare, export, search."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from backend.core.lru import LRU
from backend.domain import Kind, KindredError, Selection
from backend.maps import Column
from backend.search import Filter, Query, SearchResult
from backend.selections import export as exporting
from backend.selections import profiles
from backend.selections.saved import SavedSelections
from backend.selections.types import Comparison, LegendLine, Profile
from backend.selections.units import Units
from backend.workspace.context import WorkspaceContext

_KEPT = 4  # corpora whose posts and users are held in memory


class Selections:
    """What can be done with an explicit set of posts or users.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host
        self._saved = SavedSelections(host.home / "selections")
        self._units: LRU[tuple, Units] = LRU(2 * _KEPT)

    def of(
        self, kind: Kind, ids: Sequence[str], origin: str, corpus: str | None = None
    ) -> Selection:
        """A selection of ids."""
        return Selection(kind, tuple(ids), origin, self._host.corpus(corpus).name)

    def where(self, filters: Filter, kind: Kind, corpus: str | None = None) -> Selection:
        """The posts that pass a filter, or the users with such a post."""
        opened = self._host.corpus(corpus)
        ids = self._host._searcher(corpus).allowed(filters)[kind]
        told = ", ".join(f"{key}: {value}" for key, value in filters.to_params().items())
        return Selection(kind, tuple(sorted(ids)), f"filter {told}", opened.name)

    def profile(self, selection: Selection) -> Profile:
        """What a selection has in common, against the rest of its corpus.

        Parameters
        ----------
        selection : Selection

        Returns
        -------
        Profile

        Raises
        ------
        KindredError
            ``empty_selection`` when the corpus has none of its ids.
        """
        units, rows = self._rows(selection)
        rest = np.setdiff1d(np.arange(len(units)), rows, assume_unique=True)
        against = f"the rest of {selection.corpus}"
        cluster = self._cluster(units, selection.corpus)
        return profiles.profile(selection, units, rows, rest, against=against, cluster=cluster)

    def compare(self, one: Selection, two: Selection) -> Comparison:
        """Two selections of one kind and corpus, each held against the other.

        Parameters
        ----------
        one, two : Selection

        Returns
        -------
        Comparison

        Raises
        ------
        KindredError
            ``not_comparable``, also when one holds nothing that the other has not.
        """
        if (one.kind, one.corpus) != (two.kind, two.corpus):
            raise KindredError(
                "not_comparable", "Only selections of one kind, posts or users, of one corpus."
            )
        units, left = self._rows(one)
        _, right = self._rows(two)
        common = np.intersect1d(left, right)
        only = np.setdiff1d(left, right), np.setdiff1d(right, left)
        if not len(only[0]) or not len(only[1]):
            raise KindredError(
                "not_comparable", "One selection is part of the other; there is nothing to compare."
            )
        cluster = self._cluster(units, one.corpus)
        names = _told(one), _told(two)
        first, second = (
            profiles.profile(
                chosen, units, only[i], only[1 - i], against=names[1 - i], cluster=cluster
            )
            for i, chosen in enumerate((one, two))
        )
        return Comparison(first, second, len(common), profiles.similarity(units, *only))

    def scoped(self, selection: Selection, column: str) -> tuple[LegendLine, ...]:
        """How many of each category of a map's column are in a selection: ``47 / 412``.

        Raises
        ------
        KindredError
            ``no_column``, also for a column of numbers.
        """
        units, rows = self._rows(selection)
        made = self._column(units, selection.corpus, column)
        if made.categories is None:
            raise KindredError("no_column", f"The column {column!r} holds numbers, no categories.")
        return profiles.legend(made, rows)

    def members(self, selection: Selection, offset: int = 0, limit: int = 50) -> pa.Table:
        """A page of what is in a selection, in its order.

        Parameters
        ----------
        selection : Selection
        offset, limit : int

        Returns
        -------
        pyarrow.Table
            As `exporting.table` says.
        """
        units = self.units(selection.kind, selection.corpus)
        there = [id_ for id_ in selection.ids if id_ in units.index]
        rows = units.index.get_indexer(there[offset : offset + limit])
        return exporting.table(units, rows, self._cluster(units, selection.corpus))

    def posts_of(self, selection: Selection) -> tuple[str, ...]:
        """Ids of the posts in a selection, or of those by the users in it."""
        units, rows = self._rows(selection)
        return tuple(units.posts.ids[profiles.post_rows(units, rows)].tolist())

    def as_posts(self, selection: Selection) -> Selection:
        """The posts of a selection as one."""
        if selection.kind is Kind.POST:
            return selection
        origin = f"posts by {_told(selection)}"
        return Selection(Kind.POST, self.posts_of(selection), origin, selection.corpus)

    def search(
        self,
        selection: Selection,
        query: Query | str,
        targets: Sequence[Kind] = (Kind.POST,),
        k: int = 10,
        filters: Filter | None = None,
    ) -> SearchResult:
        """Search within a selection; percentiles are among its own candidates."""
        within = replace(filters or Filter(), posts=self.posts_of(selection))
        return self._host.search(query, targets, k, within, selection.corpus)

    def warm(self, corpus: str | None = None) -> None:
        """Begin in the background to read what every profile needs; for pages with a map."""
        threading.Thread(target=self._warm, args=(corpus,), daemon=True).start()

    def _warm(self, corpus: str | None) -> None:
        try:
            for kind in (Kind.POST, Kind.USER):
                units = self.units(kind, corpus)
                _ = units.affect, units.tags, units.words, units.modalities, units.vectors
        except KindredError:
            return  # whoever asks for a profile is told, with the reason

    # ---- kept under a name

    def save(self, selection: Selection, name: str) -> Selection:
        """Keep a selection under a name, in place of one that has it."""
        named = replace(selection, name=" ".join(name.split()))
        self._saved.save(named)
        return named

    def names(self, corpus: str | None = None) -> list[str]:
        """Names of the selections saved for a corpus."""
        return self._saved.names(self._host.corpus(corpus).name)

    def open(self, name: str, corpus: str | None = None) -> Selection:
        """A saved selection.

        Raises
        ------
        KindredError
            ``no_selection`` with the names that there are.
        """
        return self._saved.open(name, self._host.corpus(corpus).name)

    def delete(self, name: str, corpus: str | None = None) -> None:
        """Forget a saved selection."""
        self._saved.delete(name, self._host.corpus(corpus).name)

    def export(self, selection: Selection, form: str = "csv") -> bytes:
        """All of a selection as a file: ids, names, authors, texts, predictions.

        Parameters
        ----------
        selection : Selection
        form : str
            ``csv``, ``json`` or ``parquet``.

        Returns
        -------
        bytes
        """
        if form not in exporting.FORMATS:
            known = ", ".join(exporting.FORMATS)
            raise KindredError("format", f"There is no format {form!r}; there are {known}.")
        made = self.members(selection, limit=len(selection))
        return exporting.as_bytes(made, selection, form)

    # ---- what it rests on

    def units(self, kind: Kind, corpus: str | None = None) -> Units:
        """All posts or users of a corpus, for other parts."""
        opened, bundle = self._host.corpus(corpus), self._host.bundle.name
        key = (opened.uri, opened.version, bundle, kind)

        def read() -> Units:
            posts = self.units(Kind.POST, corpus) if kind is Kind.USER else None
            return Units(opened, bundle, kind, posts)

        return self._units.get_or_make(key, read)

    def _rows(self, selection: Selection) -> tuple[Units, np.ndarray]:
        units = self.units(selection.kind, selection.corpus)
        rows = units.rows(selection.ids)
        if not len(rows):
            raise KindredError(
                "empty_selection",
                f"The corpus {selection.corpus} has none of the {len(selection)} "
                f"{selection.kind}s of this selection.",
            )
        return units, rows

    def _cluster(self, units: Units, corpus: str) -> Column | None:
        try:
            return self._column(units, corpus, "cluster")
        except KindredError as error:
            if error.code == "no_map":
                return None
            raise

    def _column(self, units: Units, corpus: str, name: str) -> Column:
        """A column of the map, put into the order of the units."""
        if not name.startswith("cluster"):
            return units.column(name)
        made = self._host.maps.column(units.kind, name, corpus)
        ids = self._host.maps.map(units.kind, corpus).ids
        values = np.full(len(units), -1, dtype=np.int32)
        at = units.index.get_indexer(ids)
        values[at[at >= 0]] = made.values[at >= 0]
        return Column(made.name, values, made.categories)


def _told(selection: Selection) -> str:
    return selection.name or selection.origin
