"""The posts of a corpus that have a time."""

from __future__ import annotations

import numpy as np

from backend.core.shared_property import shared_property
from backend.selections.item_table import ItemTable
from backend.trends import Steps


class Dated:
    """The posts that have a time, in its order.

    Attributes
    ----------
    items : ItemTable
        All posts of the corpus.
    key : tuple
        Identifies the state of the corpus.
    rows : numpy.ndarray
        ``(m,)`` int64: positions in `items`.
    seconds : numpy.ndarray
        ``(m,)`` int64 since 1970, UTC, ascending.
    """

    def __init__(self, items: ItemTable, key: tuple) -> None:
        self.items, self.key = items, key
        table = items.corpus.table(["id", "time"]).sort_by("id")
        times = table["time"].to_pandas()
        known = np.flatnonzero(times.notna().to_numpy())
        seconds = times.to_numpy(dtype="datetime64[s]")[known].astype(np.int64)
        order = np.argsort(seconds, kind="stable")
        self.rows, self.seconds = known[order], seconds[order]

    @shared_property
    def affect(self) -> np.ndarray:
        """Probabilities of the eight emotions and of being positive, ``(m, 9)`` float32."""
        return np.asarray(self.items.affect[self.rows])

    def steps(self, most: int) -> Steps:
        """Return steps from the first to the last post."""
        return Steps.covering(int(self.seconds[0]), int(self.seconds[-1]), most=most)
