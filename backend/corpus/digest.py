"""Hash the contents of a corpus, independent of where and when it was created."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from backend.corpus.schema import media_names
from backend.corpus.side_tables import SIDE_TABLE_PREFIXES

if TYPE_CHECKING:
    from backend.corpus.corpus import Corpus

# When and by which run a post was added is not part of its content.
_LEFT_OUT = {"added", "time_added", "run"}


def content_digest(corpus: Corpus) -> str:
    """Hash posts, users, reactions, vectors, predictions and media.

    Corpora with the same digest have the same contents, whatever the order of
    their commits.

    Returns
    -------
    str
        64 hex digits.
    """
    hash_ = hashlib.sha256()
    snapshot = corpus._view.snapshot
    for name in sorted(snapshot.head.tables):
        if name == "imports" or name.startswith(SIDE_TABLE_PREFIXES):
            continue
        table = snapshot.read(name)
        rows = sorted(_row(row) for row in table.to_pylist())
        hash_.update(f"{name} {len(rows)}\n".encode())
        for row in rows:
            hash_.update(row.encode() + b"\n")
    for relative in sorted(media_names(corpus.table(["image", "audio"]))):
        digest = hashlib.sha256(corpus.media_path(relative).read_bytes()).hexdigest()
        hash_.update(f"{relative} {digest}\n".encode())
    return hash_.hexdigest()


def _row(row: dict) -> str:
    content = {k: v for k, v in row.items() if k not in _LEFT_OUT}
    return json.dumps(content, default=str, sort_keys=True)
