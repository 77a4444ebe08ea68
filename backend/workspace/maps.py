"""The maps of a corpus, as pages and command line see them: stored, never fitted here."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from backend.core.lru import LRU
from backend.domain import Kind, KindredError
from backend.maps import Column, Map
from backend.settings import SHIPPED_CORPUS
from backend.workspace.context import WorkspaceContext

_KEPT = 8  # maps and their columns held in memory


class Maps:
    """The maps of users and posts of every corpus of a workspace.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host
        self._lock = threading.RLock()
        self._maps: LRU[tuple, _Opened] = LRU(_KEPT)

    def map(self, kind: Kind, corpus: str | None = None) -> Map:
        """The map of one kind, with what came after it placed by its neighbours.

        Parameters
        ----------
        kind : Kind
            `Kind.USER` or `Kind.POST`.
        corpus : str, optional

        Returns
        -------
        Map

        Raises
        ------
        KindredError
            ``no_map``, with the command that makes it.
        """
        return self._opened(kind, corpus).map

    def has(self, kind: Kind, corpus: str | None = None) -> bool:
        """Whether there is a map of that kind."""
        try:
            self._opened(kind, corpus)
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
        progress: Callable[[int, int], None] | None = None,
    ) -> Map:
        """Make the map of one kind and keep it with the corpus; minutes for a large one.

        Not for pages, which begin it with `backend.workspace.map_jobs`.

        Parameters
        ----------
        kind : Kind
        corpus : str, optional
        draws : int
            See `backend.maps.build.make`.
        progress : callable, optional

        Returns
        -------
        Map
        """
        from backend.maps import build, storage

        opened, bundle = self._host.corpus(corpus), self._host.bundle.name
        made = build.make(opened, bundle, kind, draws=draws, progress=progress)
        storage.put(opened, bundle, {kind: made})
        return made

    def columns(self, kind: Kind, corpus: str | None = None) -> list[str]:
        """Names of what a map can be coloured by."""
        from backend.maps import columns

        opened = self._opened(kind, corpus)
        return [*columns.of_levels(opened.map), *columns.names(kind, self._host.corpus(corpus))]

    def column(self, kind: Kind, name: str, corpus: str | None = None) -> Column:
        """A value for each point of a map.

        Parameters
        ----------
        kind : Kind
        name : str
            One of `columns`.
        corpus : str, optional

        Returns
        -------
        Column

        Raises
        ------
        KindredError
            ``no_column`` with the names that there are; ``no_map``.
        """
        from backend.maps import columns

        opened = self._opened(kind, corpus)
        with self._lock:
            if not opened.columns:
                opened.columns |= columns.of_levels(opened.map)
            if name not in opened.columns:
                of, bundle = self._host.corpus(corpus), self._host.bundle.name
                opened.columns[name] = columns.column(kind, opened.map.ids, of, bundle, name)
            return opened.columns[name]

    def place(
        self, vector: np.ndarray, kind: Kind, corpus: str | None = None
    ) -> tuple[float, float]:
        """Where something new lies on a map, by its neighbours.

        Parameters
        ----------
        vector : numpy.ndarray
            ``(dim,)`` joint vector.
        kind : Kind
        corpus : str, optional

        Returns
        -------
        tuple of float
        """
        from backend.maps import graph
        from backend.maps import place as placing

        opened = self._opened(kind, corpus)
        mean, known = opened.vectors()
        asked = graph.centred(np.asarray(vector, dtype=np.float32)[None], mean)
        xy, _ = placing.place(asked, known, opened.map.xy)
        return float(xy[0, 0]), float(xy[0, 1])

    def vectors(self, kind: Kind, corpus: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Ids of a map and their centred unit vectors, ``(n,)`` and ``(n, dim)`` float32."""
        opened = self._opened(kind, corpus)
        return opened.map.ids, opened.vectors()[1]

    def _opened(self, kind: Kind, corpus: str | None) -> _Opened:
        if kind not in (Kind.USER, Kind.POST):
            raise KindredError("no_map", f"There are maps of users and of posts, not of {kind}s.")
        opened, bundle = self._host.corpus(corpus), self._host.bundle.name
        key = (opened.uri, opened.version, bundle, kind)
        return self._maps.get_or_make(
            key, lambda: _Opened(_read(opened, bundle, kind), opened, bundle)
        )


class _Opened:
    """A map with what was computed from it."""

    def __init__(self, made: Map, corpus, bundle: str) -> None:  # type: ignore[no-untyped-def]
        self.map = made
        self.columns: dict[str, Column] = {}
        self._corpus = corpus
        self._bundle = bundle
        self._vectors: tuple[np.ndarray, np.ndarray] | None = None

    def vectors(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean, and the vectors of the points around it."""
        from backend.maps import graph

        if self._vectors is None:
            _, raw = self._corpus.vectors(self._bundle, self.map.kind, self.map.ids.tolist())
            self._vectors = raw.mean(axis=0), graph.centred(raw)
        return self._vectors


def _read(corpus, bundle: str, kind: Kind) -> Map:  # type: ignore[no-untyped-def]
    from backend.maps import storage, update

    made = storage.get(corpus, bundle, kind)
    if made is None:
        named = "" if corpus.name == SHIPPED_CORPUS else f" --corpus {corpus.name}"
        raise KindredError(
            "no_map",
            f"The corpus {corpus.name} has no map of {kind}s under the bundle {bundle} yet. "
            f"Make it once with `python -m backend map{named}`.",
        )
    return update.current(made, corpus, bundle)
