"""Which version of a corpus is read: the newest one that was asked for, or a fixed one."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager
from threading import Lock
from typing import Self

import pyarrow as pa

from backend.core.shared_property import shared_property
from backend.corpus.info import CorpusInfo, describe
from backend.corpus.store import Manifest, Snapshot, Store, Transaction


class View:
    """One version of a corpus, with values computed from it."""

    def __init__(self, snapshot: Snapshot, uri: str) -> None:
        self.snapshot = snapshot
        self.uri = uri

    @shared_property
    def info(self) -> CorpusInfo:
        """Counts of the contents."""
        return describe(self.snapshot, uri=self.uri)

    @shared_property
    def users(self) -> pa.Table:
        """All users."""
        return self.snapshot.read("users")


class Versions:
    """Base of `Corpus`: the version that it reads, and transactions that make new ones."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._fixed = False  # whether this is a snapshot
        self._refreshing = Lock()
        self._view = View(store.snapshot(), store.uri)

    @property
    def uri(self) -> str:
        """Directory or URI of the corpus."""
        return self._view.uri

    @property
    def uid(self) -> str:
        """Unique id of the corpus; a corpus created again in its place has another one."""
        return self._view.snapshot.head.uid

    @property
    def head(self) -> Manifest:
        """The versions of all tables in this snapshot."""
        return self._view.snapshot.head

    @property
    def version(self) -> str:
        """Version of the snapshot; differs between corpora and after each change."""
        return f"{self.uid}:{self._view.snapshot.head.number}"

    def snapshot(self) -> Self:
        """Return the corpus as it is now, for reads that belong together; it costs nothing.

        What anybody writes later, this object included, does not show in it. It cannot be
        refreshed or written to.
        """
        fixed = copy.copy(self)
        fixed._fixed = True
        return fixed

    def refresh(self) -> bool:
        """Read what other processes wrote; return whether anything changed."""
        if self._fixed:
            raise TypeError("a snapshot of a corpus does not change")
        with self._refreshing:  # else a slow thread could install an older view
            fresh = self._store.snapshot()
            changed = fresh.head != self._view.snapshot.head
            if changed:
                self._view = View(fresh, self.uri)
        return changed

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Change several tables in one commit, which is written at the end of the block."""
        if self._fixed:
            raise TypeError("a snapshot of a corpus cannot be written to")
        return self._store.transaction()
