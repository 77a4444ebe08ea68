"""The maps of the corpora of a workspace: read from the corpus and cached."""

from __future__ import annotations

import numpy as np

from backend.core.lru import LRU
from backend.core.progress import Progress
from backend.core.shared_property import shared_property
from backend.corpus import Corpus
from backend.domain import Kind, KindredError
from backend.maps import Column, Map
from backend.settings import SHIPPED_CORPUS
from backend.workspace.context import WorkspaceContext

_CACHED = 8  # maps with their columns


class Maps:
    """The maps of users and posts of every corpus of a workspace."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._maps: LRU[tuple, _CachedMap] = LRU(_CACHED)

    def map(self, kind: Kind, corpus: str | None = None) -> Map:
        """Read the map of users or posts; points added later are placed between their neighbours.

        Raises
        ------
        KindredError
            ``no_map``, with the command that builds it.
        """
        return self._open(kind, corpus).map

    def has(self, kind: Kind, corpus: str | None = None) -> bool:
        """Whether the corpus has a map of that kind."""
        try:
            self._open(kind, corpus)
        except KindredError as error:
            if error.code == "no_map":
                return False
            raise
        return True

    def make(
        self,
        kind: Kind,
        corpus: str | None = None,
        *,
        draws: int = 3,
        progress: Progress | None = None,
    ) -> Map:
        """Build the map of one kind and store it with the corpus; takes minutes for a large one.

        Pages start it with `backend.workspace.map_jobs` instead. `draws` and `progress` are
        those of `backend.maps.build.make`.
        """
        from backend.maps import build, storage
        from backend.search import corpus_users

        opened, bundle = self._context.corpus(corpus), self._context.bundle_of(corpus)
        if kind is Kind.USER:
            corpus_users.make(opened, bundle)  # the space that the users are laid out in
        map_ = build.make(opened.snapshot(), bundle, kind, draws=draws, progress=progress)
        storage.put(opened, bundle, {kind: map_})
        return map_

    def columns(self, kind: Kind, corpus: str | None = None) -> list[str]:
        """Name the columns that a map can be coloured by."""
        from backend.maps import columns

        opened = self._open(kind, corpus)
        return [*columns.of_levels(opened.map), *columns.names(kind, self._context.corpus(corpus))]

    def column(self, kind: Kind, name: str, corpus: str | None = None) -> Column:
        """Return one of `columns`: a value for each point of a map.

        Raises
        ------
        KindredError
            ``no_column``, with the known names; ``no_map``.
        """
        return self._open(kind, corpus).column(name)

    def place(
        self, vector: np.ndarray, kind: Kind, corpus: str | None = None
    ) -> tuple[float, float]:
        """Place a new joint vector, ``(dim,)``, on a map between its neighbours: x and y."""
        from backend.maps import graph
        from backend.maps import place as placing

        opened = self._open(kind, corpus)
        mean, known = opened.vectors
        query = graph.centred(np.asarray(vector, dtype=np.float32)[None], mean)
        xy, _ = placing.place(query, known, opened.map.xy)
        return float(xy[0, 0]), float(xy[0, 1])

    def vectors(self, kind: Kind, corpus: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids of a map, and their centred unit vectors, ``(n, dim)`` float32."""
        opened = self._open(kind, corpus)
        return opened.map.ids, opened.vectors[1]

    def _open(self, kind: Kind, corpus: str | None) -> _CachedMap:
        if kind not in (Kind.USER, Kind.POST):
            raise KindredError("no_map", f"Only users and posts have maps, {kind}s have none.")
        opened, bundle = self._context.corpus(corpus).snapshot(), self._context.bundle_of(corpus)
        key = (opened.uri, opened.version, bundle, kind)
        return self._maps.get_or_make(
            key, lambda: _CachedMap(_read(opened, bundle, kind), opened, bundle)
        )


class _CachedMap:
    """A map, its columns and its vectors."""

    def __init__(self, map_: Map, corpus: Corpus, bundle: str) -> None:
        self.map = map_
        self._corpus, self._bundle = corpus, bundle
        self._columns: LRU[str, Column] = LRU()

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        from backend.maps import columns

        def read() -> Column:
            levels = columns.of_levels(self.map)
            if name in levels:
                return levels[name]
            return columns.column(self.map.kind, self.map.ids, self._corpus, self._bundle, name)

        return self._columns.get_or_make(name, read)

    @shared_property
    def vectors(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean of the vectors, and the centred vectors of the points."""
        from backend.maps import graph

        _, raw = self._corpus.vectors(self._bundle, self.map.kind, self.map.ids.tolist())
        return raw.mean(axis=0), graph.centred(raw)


def _read(corpus: Corpus, bundle: str, kind: Kind) -> Map:
    from backend.maps import storage, update

    map_ = storage.get(corpus, bundle, kind)
    if map_ is None:
        option = "" if corpus.name == SHIPPED_CORPUS else f" --corpus {corpus.name}"
        raise KindredError(
            "no_map",
            f"The corpus {corpus.name} has no map of {kind}s under the bundle {bundle} yet. "
            f"Build it with `python -m backend map{option}`.",
        )
    return update.current(map_, corpus, bundle)
