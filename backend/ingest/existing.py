"""Posts that a corpus already has, to tell new, changed and unchanged rows apart."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from backend.corpus.bulk_commit import FINGERPRINTS

if TYPE_CHECKING:
    from backend.corpus import Corpus


class ExistingPosts:
    """Fingerprints of posts by id, 16 bytes a post so that ten million fit into memory.

    Parameters
    ----------
    table : pyarrow.Table, optional
        With the columns ``id`` and ``fingerprint``.
    corpus : Corpus, optional
        The corpus of the table.
    """

    def __init__(self, table: pa.Table | None = None, corpus: Corpus | None = None) -> None:
        self._corpus = corpus
        rows = table.select(["id", "fingerprint"]).to_pylist() if table is not None else []
        ids = np.array([_hash64(row["id"]) for row in rows], dtype=np.uint64)
        fingerprints = np.array([_hash64(row["fingerprint"]) for row in rows], dtype=np.uint64)
        order = np.argsort(ids)
        self._ids, self._fingerprints = ids[order], fingerprints[order]

    @classmethod
    def of(cls, corpus: Corpus | None) -> ExistingPosts:
        """Return the posts of a corpus; none where there is no corpus yet."""
        return cls() if corpus is None else cls(corpus.side_table(FINGERPRINTS), corpus)

    @property
    def corpus(self) -> str:
        """Unique id of the corpus; empty where there is none yet.

        A corpus that was deleted and created again under the same name has another id.
        """
        return self._corpus.uid if self._corpus is not None else ""

    def has(self, id_: str) -> bool:
        """Whether the corpus has the post, changed or not."""
        return len(self._ids) > 0 and self.state(id_, "") != "new"

    def state(self, id_: str, fingerprint: str) -> str:
        """Return ``new``, ``changed`` or ``same``."""
        id_hash = np.uint64(_hash64(id_))
        row = int(np.searchsorted(self._ids, id_hash))
        if row == len(self._ids) or self._ids[row] != id_hash:
            return "new"
        return "same" if self._fingerprints[row] == np.uint64(_hash64(fingerprint)) else "changed"

    def has_media(self, id_: str) -> bool:
        """Whether the corpus has the post, changed or not, with an image or a sound."""
        if self._corpus is None or self.state(id_, "") == "new":
            return False
        post = self._corpus.post(id_)
        return bool(post.image or post.audio)


def _hash64(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
