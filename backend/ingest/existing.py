"""What a corpus has already of a source: which posts, and whether they have changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from backend.corpus import Corpus

TABLE = "fingerprints"
SCHEMA = pa.schema([("id", pa.string()), ("fingerprint", pa.string())])


class ExistingPosts:
    """Fingerprints of posts by id, 16 bytes each: ten million must fit.

    Parameters
    ----------
    table : pyarrow.Table, optional
        With the columns of `SCHEMA`.
    corpus : Corpus, optional
        Whose they are.
    """

    def __init__(self, table: pa.Table | None = None, corpus: Corpus | None = None) -> None:
        self._corpus = corpus
        rows = table.select(SCHEMA.names).to_pylist() if table is not None else []
        ids = np.array([_number(row["id"]) for row in rows], dtype=np.uint64)
        prints = np.array([_number(row["fingerprint"]) for row in rows], dtype=np.uint64)
        order = np.argsort(ids)
        self._ids, self._prints = ids[order], prints[order]

    @classmethod
    def of(cls, corpus: Corpus | None) -> ExistingPosts:
        """What a corpus has; nothing when there is none yet."""
        return cls() if corpus is None else cls(corpus.kept(TABLE), corpus)

    @property
    def corpus(self) -> str:
        """Names the corpus; empty where there is none yet.

        One that is deleted and made anew under the same name is another one.
        """
        return self._corpus.uid if self._corpus is not None else ""

    def state(self, id_: str, fingerprint: str) -> str:
        """``new``, ``changed`` or ``same``."""
        number = np.uint64(_number(id_))
        at = int(np.searchsorted(self._ids, number))
        if at == len(self._ids) or self._ids[at] != number:
            return "new"
        return "same" if self._prints[at] == np.uint64(_number(fingerprint)) else "changed"

    def has_media(self, id_: str) -> bool:
        """Whether the post is there, changed or not, with an image or a sound."""
        if self._corpus is None or self.state(id_, "") == "new":
            return False
        post = self._corpus.post(id_)
        return bool(post.image or post.audio)

    def same(self, id_: str, fingerprint: str) -> bool:
        """Whether the post is there just so."""
        return self.state(id_, fingerprint) == "same"


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
