"""A hash of all that a corpus holds, wherever and whenever it was made."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pyarrow as pa

from backend.corpus.side_tables import KEPT

if TYPE_CHECKING:
    from backend.corpus.corpus import Corpus

# When a post came in, and which run brought it, is not what it is.
_LEFT_OUT = {"added", "time_added", "run"}


def content_digest(corpus: Corpus) -> str:
    """Hash posts, users, reactions, vectors, predictions and media.

    Two corpora with the same digest hold the same, in whatever order and
    however often interrupted they were made.

    Parameters
    ----------
    corpus : Corpus

    Returns
    -------
    str
        64 hex digits.
    """
    whole = hashlib.sha256()
    snapshot = corpus._view.snapshot
    for name in sorted(snapshot.head.tables):
        if name == "imports" or name.startswith(KEPT):
            continue
        table = snapshot.read(name)
        rows = sorted(_row(row) for row in table.to_pylist())
        whole.update(f"{name} {len(rows)}\n".encode())
        for row in rows:
            whole.update(row.encode() + b"\n")
    for relative in sorted(_media(corpus.table(["image", "audio"]))):
        digest = hashlib.sha256(corpus.media_path(relative).read_bytes()).hexdigest()
        whole.update(f"{relative} {digest}\n".encode())
    return whole.hexdigest()


def _row(row: dict) -> str:
    kept = {k: v for k, v in row.items() if k not in _LEFT_OUT}
    return json.dumps(kept, default=str, sort_keys=True)


def _media(table: pa.Table) -> set[str]:
    return {name for row in table.to_pylist() for name in row.values() if name}
